-- Believes the recipient of a code: ends the challenge and bars those who started it from the number. A code that was
-- used was asked for: whoever had it proved to hold the number.
-- KEYS challenge, number, outcomes   ARGV now, tolerance, id, platform, bar ms, stop ms, reports to stop
local challenge, number, outcomes = unpack(KEYS)
local now, tolerance, id, platform, bar, stop, most = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
local c = redis.call('HMGET', challenge, 'p', 'st', 'sr', 'rp')
if c[1] ~= platform or c[2] == 'V' or c[4] then return 0 end
if c[2] == 'P' then redis.call('HSET', challenge, 'st', 'C') end
redis.call('HSET', challenge, 'rp', whole(now))
for starter in string.gmatch(c[3], '[^,]+') do
  redis.call('HSET', number, 'b:' .. starter, whole(now + tonumber(bar)))
end
if count_one(number, 'u', now) >= tonumber(most) then
  redis.call('HSET', number, 'stop', whole(now + tonumber(stop)))
end
outlive(number, bar)
outcome(outcomes, 'UNREQUESTED', now, id, challenge)
return 1
