-- Uses up the proof of a verified challenge. KEYS challenge   ARGV now, tolerance, platform, request, proof ttl
local now, tolerance, platform, request, ttl = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
local c = redis.call('HMGET', KEYS[1], 'p', 'st', 'vf', 'rd', 'n', 'u', 's', 'ch', 'vb', 'dv')
if c[1] ~= platform or c[2] ~= 'V' then return {'N'} end
if c[4] and c[4] ~= request then return {'A'} end
if not c[4] then
  if now >= tonumber(c[3]) + tonumber(ttl) then return {'E'} end
  redis.call('HSET', KEYS[1], 'rd', request)
end
return {'R', c[5], c[6], c[7], c[3], c[9] and NETWORK or c[8], c[10] or ''}
