-- Hands a notice to the bulk lane. KEYS request, bulk stream, block
-- ARGV now, tolerance, id, platform, sealed, template, locale, brand, fingerprint, keep ms, partition
local request, bulk, block = unpack(KEYS)
local now, tolerance, id, platform, sealed, template, locale, brand, fingerprint, keep, partition = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
local seen = redis.call('GET', request)
if seen then
  local was, notice, queued = string.match(seen, '^(%S+) (%S+) (%S+)$')
  return {was == fingerprint and 'S' or 'R', notice, queued}
end
if tonumber(redis.call('GET', block) or 0) > now then return {'B'} end
redis.call('SET', request, fingerprint .. ' ' .. id .. ' ' .. whole(now), 'PX', keep)
redis.call('XADD', bulk, '*', 'c', id, 'p', platform, 'n', sealed, 'tm', template, 'l', locale, 'b', brand,
  't', whole(now))
redis.call('PUBLISH', 'wake', partition)
return {'S', id, whole(now)}
