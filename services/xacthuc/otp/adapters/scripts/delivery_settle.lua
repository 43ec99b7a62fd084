-- Takes a message from its lane, records what became of it, and until when its receipt is waited for.
-- KEYS lease, lane, record, outcomes, deadlines
-- ARGV now, tolerance, fence, entry, id, send, provider, channel that was used, failure ('' when sent), cost, when it was
--      queued, waits for a receipt in ms after the first message, the second and so on; none for no waiting
local lease, lane, record, outcomes, deadlines = unpack(KEYS)
local now, tolerance, fence, entry, id, send, provider, channel, failure, cost, queued = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
if not holds(lease, fence) then return 'L' end
if redis.call('XDEL', lane, entry) == 0 then return 'G' end
local c = redis.call('HMGET', record, 'sn', 'ds', 'rc:' .. send, 'rc:' .. send .. ':' .. provider)
if not c[1] then return 'G' end
if provider ~= '' then redis.call('HSET', record, 'pv', provider) end
if failure == '' then
  redis.call('HSET', record, 'ch', channel)
  redis.call('HSET', record, 'at:' .. send .. ':' .. provider, queued .. ' ' .. whole(now))
  list_also(record, 'av:' .. send, provider)
  local sent, waits = redis.call('HINCRBY', record, 'ac:' .. send, 1), #ARGV - 11
  -- A receipt that was quicker than this step: delivered ends the waiting, and so does a fault of the number.
  if waits > 0 and c[3] ~= 'D' and c[4] ~= 'X' then
    local till = c[4] == 'F' and now or now + tonumber(ARGV[11 + math.min(sent, waits)])
    redis.call('ZADD', deadlines, whole(till), awaited(id, send, provider))
  end
end
if c[1] == send then
  if failure == '' then redis.call('HSET', record, 'dt', whole(now)) end
  -- A receipt that was quicker than this step keeps the last word.
  if c[2] == 'Q' then redis.call('HSET', record, 'ds', failure == '' and 'S' or 'F') end
end
as_of(record, {dq = queued}, function()
  tell(outcomes, failure == '' and 'SENT' or 'FAILED', now, id, record, failure, cost)
end)
return 'S'
