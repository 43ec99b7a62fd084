-- Hands a notice to the bulk lane, once: the caller gives a repeated request the id of the first try.
-- KEYS when it was queued, bulk stream, number   ARGV now, tolerance, id, platform, sealed, template, locale, brand,
-- keep ms, partition, operator, most in a day, most in thirty days, ms of those spans
local queued, bulk, number = unpack(KEYS)
local now, tolerance, id, platform, sealed, template, locale, brand, keep, partition, operator, in_day, in_month,
  day_ms, month_ms = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
local seen = redis.call('GET', queued)
if seen then return {'S', id, seen} end
if blocked(number, now) then return {'B'} end

-- The pure counterpart is services/xacthuc/otp/domain/notices.py.
local times = {}
for at in string.gmatch(redis.call('HGET', number, 'nt') or '', '%d+') do times[#times + 1] = tonumber(at) end
local function free_at(most, span)
  local at = times[#times - tonumber(most) + 1]
  return at and at + tonumber(span) or 0
end
local free_ms = math.max(free_at(in_day, day_ms), free_at(in_month, month_ms))
if free_ms > now then return {'L', whole(free_ms)} end
times[#times + 1] = now
table.sort(times)
local kept = {}
for at = math.max(1, #times - tonumber(in_month) + 1), #times do
  if times[at] > now - tonumber(month_ms) then kept[#kept + 1] = whole(times[at]) end
end
redis.call('HSET', number, 'nt', table.concat(kept, ','))
outlive(number, month_ms)

redis.call('SET', queued, whole(now), 'PX', keep)
-- The worker looks again whether the number may be sent to: hours can pass until its turn.
redis.call('XADD', bulk, '*', 'c', id, 'p', platform, 'n', sealed, 'tm', template, 'l', locale, 'b', brand,
  't', whole(now), 'nk', number, 'op', operator)
redis.call('PUBLISH', 'wake', partition)
return {'S', id, whole(now)}
