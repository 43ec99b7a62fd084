-- Hands a notice to the bulk lane, once: the caller gives a repeated request the id of the first try.
-- KEYS when it was queued, bulk stream, number   ARGV now, tolerance, id, platform, sealed, template, locale, brand,
-- keep ms, partition
local queued, bulk, number = unpack(KEYS)
local now, tolerance, id, platform, sealed, template, locale, brand, keep, partition = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
local seen = redis.call('GET', queued)
if seen then return {'S', id, seen} end
if blocked(number, now) then return {'B'} end
redis.call('SET', queued, whole(now), 'PX', keep)
-- The worker looks again whether the number may be sent to: hours can pass until its turn.
redis.call('XADD', bulk, '*', 'c', id, 'p', platform, 'n', sealed, 'tm', template, 'l', locale, 'b', brand,
  't', whole(now), 'nk', number)
redis.call('PUBLISH', 'wake', partition)
return {'S', id, whole(now)}
