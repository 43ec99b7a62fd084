-- Takes a partition that nobody holds, or renews; returns the fence, or nothing when another worker holds it.
-- KEYS lease   ARGV now, tolerance, worker, until
local now, tolerance, worker, till = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
local fault = clock_error(now, tolerance)
if fault then return fault end
local held = redis.call('HMGET', KEYS[1], 'o', 'u')
local mine = held[1] == worker
if not mine and held[1] and held[1] ~= '' and tonumber(held[2]) > now then return false end
redis.call('HSET', KEYS[1], 'o', worker, 'u', till)
if mine then return tonumber(redis.call('HGET', KEYS[1], 'f')) end
return redis.call('HINCRBY', KEYS[1], 'f', 1)
