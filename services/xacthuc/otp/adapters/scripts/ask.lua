-- Says whether an operator may be asked about a challenge that was started without a code, and counts the question:
-- tokens that are refused are not counted as attempts, and nobody may have an operator asked without end.
-- KEYS challenge   ARGV now, tolerance, platform, request, wrong per day, most questions
local now, tolerance, platform, request, daily, most = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end

local c = redis.call('HMGET', KEYS[1], 'p', 'st', 'ex', 'po', 'nk', 'na', 'n', 'q:n:' .. request)
if c[1] ~= platform then return {'N'} end
if not c[6] then return {'U'} end
local verdict = decided(c[8], c[2], c[3], c[5] .. ':' .. c[4], now, tonumber(daily))
if verdict then return answer(verdict, KEYS[1], now) end
if tonumber(c[6]) >= tonumber(most) then return {'L'} end
redis.call('HINCRBY', KEYS[1], 'na', 1)
return {'Q', c[7]}
