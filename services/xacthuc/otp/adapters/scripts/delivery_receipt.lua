-- Records what a receipt says, once. Delivered is the last word; failed may still turn out to be delivered.
-- KEYS record, outcomes   ARGV now, tolerance, id, send, status, provider, detail
local record, outcomes = unpack(KEYS)
local now, tolerance, id, send, status, provider, detail = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
local c = redis.call('HMGET', record, 'p', 'sn', 'rc:' .. send, 'dq')
if not c[1] or c[3] == 'D' or c[3] == status then return false end
redis.call('HSET', record, 'rc:' .. send, status, 'pv', provider)
if c[2] == send then
  redis.call('HSET', record, 'ds', status)
  if status == 'D' then redis.call('HSET', record, 'dd', whole(now)) end
end
tell(outcomes, status == 'D' and 'DELIVERED' or 'FAILED', now, id, record, detail)
return c[4]
