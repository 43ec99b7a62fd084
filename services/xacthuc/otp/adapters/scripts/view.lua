-- Reads a challenge. KEYS challenge   ARGV now, platform ('' for operators: any)
local now, platform = unpack(ARGV)
local owner = redis.call('HGET', KEYS[1], 'p')
if not owner or platform ~= '' and owner ~= platform then return {'N'} end
return answer('S', KEYS[1], tonumber(now))
