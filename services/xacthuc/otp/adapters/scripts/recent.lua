-- Spends one report of a number and lists its latest challenges, so that the caller can derive their codes.
-- The attempt is spent before anything is compared, per reporter, so that nobody uses up another's reports; the last
-- request of a reporter may be repeated. KEYS number
-- ARGV now, tolerance, reports per reporter and day, reports per number and day, reporter, request
local now, tolerance, most, most_together, reporter, request = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
local recent = redis.call('HGET', KEYS[1], 'ids')
if not recent then return {} end
local counted = 'ua:' .. reporter
if redis.call('HGET', KEYS[1], 'ur') ~= request then
  if in_day(KEYS[1], counted, now) >= tonumber(most) or in_day(KEYS[1], 'ua', now) >= tonumber(most_together) then
    return {}
  end
  count_one(KEYS[1], counted, now)
  count_one(KEYS[1], 'ua', now)
  redis.call('HSET', KEYS[1], 'ur', request)
end
local ids = {}
for id in string.gmatch(recent, '[^,]+') do ids[#ids + 1] = id end
return ids
