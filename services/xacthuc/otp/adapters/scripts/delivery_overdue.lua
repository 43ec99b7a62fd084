-- Acts once upon a receipt that did not come in time, or said that the message failed: the same send waits in its lane
-- again, for another provider.
-- KEYS lease, deadlines, record, lane
-- ARGV now, tolerance, fence, id, send, provider, '1' when somebody else can be asked, most unexplained copies, most
--      copies, most requests, partition
local lease, deadlines, record, lane = unpack(KEYS)
local now, tolerance, fence, id, send, provider, others, most_unexplained, most_copies, most_requests, partition =
  unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
if not holds(lease, fence) then return 'L' end
local member = awaited(id, send, provider)
local till = redis.call('ZSCORE', deadlines, member)
if not till or tonumber(till) > now then return 'G' end
redis.call('ZREM', deadlines, member)

local copies, doubts, all = 'cp:' .. send, 'db:' .. send, 'rc:' .. send
local own = all .. ':' .. provider
local c = redis.call('HMGET', record, 'st', 'ex', 'sn', all, own, 'ch', 'ds')
if c[1] ~= 'P' or now >= tonumber(c[2]) or c[3] ~= send or c[4] == 'D' or c[4] == 'X' then return 'G' end
-- A receipt that said no gave its copy back. Silence is a doubt, but one whose cause is known.
if not c[5] then
  redis.call('HINCRBY', record, doubts, 1)
  redis.call('HSET', record, own, 'M')
end
local counts = redis.call('HMGET', record, copies, doubts, 'rq:' .. send)
if others ~= '1' or tonumber(counts[3] or 0) >= tonumber(most_requests)
  or not may_copy(tonumber(counts[1] or 0), tonumber(counts[2] or 0), tonumber(most_unexplained), tonumber(most_copies))
then
  return 'N'
end
redis.call('XADD', lane, '*', 'c', id, 'n', send, 'ch', c[6], 't', whole(now), 're', 1)
if c[7] == 'F' then redis.call('HSET', record, 'ds', 'Q') end
redis.call('PUBLISH', 'wake', partition)
return 'A'
