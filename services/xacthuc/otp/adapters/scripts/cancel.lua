-- Ends a pending challenge. KEYS challenge, outcomes   ARGV now, tolerance, id, platform
local now, tolerance, id, platform = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
local c = redis.call('HMGET', KEYS[1], 'p', 'st', 'ex')
if c[1] ~= platform then return {'N'} end
if c[2] == 'C' then return answer('S', KEYS[1], now) end
if c[2] ~= 'P' or now >= tonumber(c[3]) then return answer('E', KEYS[1], now) end
redis.call('HSET', KEYS[1], 'st', 'C')
outcome(KEYS[2], 'CANCELED', now, id, KEYS[1])
return answer('S', KEYS[1], now)
