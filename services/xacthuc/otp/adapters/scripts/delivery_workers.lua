-- Says that a worker lives until a time (0: it leaves) and returns all that live.
-- KEYS workers   ARGV now, tolerance, worker, until
local now, tolerance, worker, till = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local fault = clock_error(tonumber(now), tolerance)
if fault then return fault end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if till > 0 then
  redis.call('ZADD', KEYS[1], till, worker)
else
  redis.call('ZREM', KEYS[1], worker)
end
return redis.call('ZRANGE', KEYS[1], 0, -1)
