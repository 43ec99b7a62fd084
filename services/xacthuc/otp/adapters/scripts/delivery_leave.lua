-- Gives a partition up, unless it is another's by now. The fence stays, so that it keeps growing.
-- KEYS lease   ARGV worker, fence
local held = redis.call('HMGET', KEYS[1], 'o', 'f')
if held[1] == ARGV[1] and held[2] == ARGV[2] then redis.call('HSET', KEYS[1], 'o', '', 'u', 0) end
return 1
