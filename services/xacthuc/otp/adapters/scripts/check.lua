-- Checks a code. The caller has compared already; nothing of that is told before the attempt is spent here.
-- KEYS challenge, outcomes
-- ARGV now, tolerance, id, platform, request, matches, wrong per challenge, wrong per day, known device ms, most devices
local challenge, outcomes = unpack(KEYS)
local now, tolerance, id, platform, request, matches, most, daily, known_device_ms, most_devices = unpack(ARGV)
now, most, daily = tonumber(now), tonumber(most), tonumber(daily)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end

local c = redis.call('HMGET', challenge, 'p', 'st', 'ex', 'w', 'po', 'nk', 'dv', 'q:c:' .. request)
if c[1] ~= platform then return {'N'} end
if c[8] then return answer(c[8], challenge, now) end
if c[2] == 'V' then return answer('A', challenge, now) end
if c[2] ~= 'P' then return answer(c[2], challenge, now) end
if now >= tonumber(c[3]) then return answer('E', challenge, now) end
local number = c[6]
local pool = number .. ':' .. c[5]
if in_day(pool, 'wrong', now) >= daily then return answer('X', challenge, now) end

if matches == '1' then
  redis.call('HSET', challenge, 'st', 'V', 'vf', whole(now), 'q:c:' .. request, 'V')
  if c[7] ~= '' then
    redis.call('HSET', number, 'k:' .. c[7], whole(now))
    tidy(number, now, tonumber(known_device_ms), tonumber(most_devices))
    outlive(number, known_device_ms)
  end
  outcome(outcomes, 'VERIFIED', now, id, challenge)
  return answer('V', challenge, now)
end
local wrong = tonumber(c[4]) + 1
redis.call('HSET', challenge, 'w', wrong, 'st', wrong >= most and 'X' or 'P', 'q:c:' .. request, 'W')
local state = limit_read(pool, now)
limit_wrong(state, now)
limit_write(state)
outcome(outcomes, wrong >= most and 'EXHAUSTED' or 'WRONG', now, id, challenge)
return answer('W', challenge, now)
