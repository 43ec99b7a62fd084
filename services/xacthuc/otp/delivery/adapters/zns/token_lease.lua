-- Takes the right to renew a pair of tokens, unless somebody else has it. KEYS tokens   ARGV now, tolerance, owner, until
local now, tolerance, owner, till = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local fault = clock_error(now, tolerance)
if fault then return fault end
local held = redis.call('HMGET', KEYS[1], 'o', 'u')
if held[1] and held[1] ~= '' and held[1] ~= owner and tonumber(held[2]) > now then return 0 end
redis.call('HSET', KEYS[1], 'o', owner, 'u', till)
return 1
