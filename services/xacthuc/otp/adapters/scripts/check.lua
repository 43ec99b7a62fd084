-- Checks a code, or what an operator said. The caller has compared already; nothing of that is told before the attempt
-- is spent here. KEYS challenge, outcomes
-- ARGV now, tolerance, id, platform, request, matches, wrong per challenge, wrong per day, known device ms, most devices,
--      operator ('' for a code)
local challenge, outcomes = unpack(KEYS)
local now, tolerance, id, platform, request, matches, most, daily, known_device_ms, most_devices, operator = unpack(ARGV)
now, most, daily = tonumber(now), tonumber(most), tonumber(daily)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end

local seen = (operator == '' and 'q:c:' or 'q:n:') .. request
local c = redis.call('HMGET', challenge, 'p', 'st', 'ex', 'w', 'po', 'nk', 'dv', 'sn', seen)
if c[1] ~= platform then return {'N'} end
local number = c[6]
local pool = number .. ':' .. c[5]
local verdict = decided(c[9], c[2], c[3], pool, now, daily)
if verdict then return answer(verdict, challenge, now) end

local by = operator ~= '' and operator or nil
-- A code that was never sent is nobody's to know.
if matches == '1' and (by or c[8] ~= '0') then
  redis.call('HSET', challenge, 'st', 'V', 'vf', whole(now), seen, 'V')
  -- Beside channel and provider of the messages, which receipts may still change.
  if by then redis.call('HSET', challenge, 'vb', by) end
  if c[7] ~= '' then
    redis.call('HSET', number, 'k:' .. c[7], whole(now))
    tidy(number, now, tonumber(known_device_ms), tonumber(most_devices))
    outlive(number, known_device_ms)
  end
  outcome(outcomes, 'VERIFIED', now, id, challenge, nil, nil, nil, by)
  return answer('V', challenge, now)
end
local wrong = tonumber(c[4]) + 1
redis.call('HSET', challenge, 'w', wrong, 'st', wrong >= most and 'X' or 'P', seen, 'W')
local state = limit_read(pool, now)
limit_wrong(state, now)
limit_write(state)
outcome(outcomes, wrong >= most and 'EXHAUSTED' or 'WRONG', now, id, challenge, nil, nil, nil, by)
return answer('W', challenge, now)
