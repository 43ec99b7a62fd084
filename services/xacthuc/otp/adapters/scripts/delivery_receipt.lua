-- Records what a receipt says, once. Delivered is the last word; failed may still turn out to be delivered.
-- KEYS record, outcomes, deadlines
-- ARGV now, tolerance, id, send, status, provider, channel, detail, '1' when the number is at fault
local record, outcomes, deadlines = unpack(KEYS)
local now, tolerance, id, send, status, provider, channel, detail, final = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
local all, own, used, copies = 'rc:' .. send, 'rc:' .. send .. ':' .. provider, 'av:' .. send, 'cp:' .. send
local word = final == '1' and 'X' or status
local c = redis.call('HMGET', record, 'p', 'sn', all, own, 'dq', 'st', 'pv', 'ds', used, copies)
local missing = c[4] == 'M'
if not c[1] or c[4] == 'D' or c[4] and not missing and word ~= 'D' then return false end
redis.call('HSET', record, own, word)
if word == 'D' or c[3] ~= 'D' and c[3] ~= 'X' then redis.call('HSET', record, all, word) end

if word == 'D' then
  for name in string.gmatch((c[9] or '') .. ',' .. provider, '[^,]+') do
    redis.call('ZREM', deadlines, awaited(id, send, name))
  end
else
  -- This copy did not arrive, so another may take its place: at once, when the holder of the partition looks next.
  if tonumber(c[10] or 0) > 0 then redis.call('HINCRBY', record, copies, -1) end
  if missing then redis.call('HINCRBY', record, 'db:' .. send, -1) end
  local member = awaited(id, send, provider)
  if word == 'X' or c[3] == 'D' then
    redis.call('ZREM', deadlines, member)
  else
    redis.call('ZADD', deadlines, 'XX', whole(now), member)
  end
end

if c[2] == send then
  if word == 'D' then
    redis.call('HSET', record, 'ds', 'D', 'dd', whole(now))
    if c[3] ~= 'D' then redis.call('HSET', record, 'pv', provider, 'ch', channel) end
  -- A copy that failed says nothing of the one that somebody else sent since, nor of a code that was used.
  elseif c[8] ~= 'D' and c[6] ~= 'V' and ((c[7] or '') == '' or c[7] == provider or not listed(c[9] or '', provider)) then
    redis.call('HSET', record, 'ds', 'F')
  end
end
local queued, sent = times_of(record, send, provider)
as_of(record, {pv = provider, ch = channel, dq = queued, dt = sent}, function()
  tell(outcomes, word == 'D' and 'DELIVERED' or 'FAILED', now, id, record, detail)
end)
return c[5]
