-- Keeps a new pair of tokens, if it follows the one that was renewed, and gives the right to renew back.
-- KEYS tokens   ARGV owner, version that was renewed, sealed pair ('' to keep none), digests of the seeds used
local owner, version, sealed, seeds = unpack(ARGV)
local kept = redis.call('HMGET', KEYS[1], 'v', 'o')
if kept[2] == owner then redis.call('HSET', KEYS[1], 'o', '', 'u', 0) end
if sealed == '' or (kept[1] or '0') ~= version then return 0 end
redis.call('HSET', KEYS[1], 's', sealed, 'd', seeds)
return redis.call('HINCRBY', KEYS[1], 'v', 1)
