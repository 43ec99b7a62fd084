-- Counts one request to a provider before it is made, and settles what the one before left behind.
-- KEYS lease, lane, record, outcomes
-- ARGV now, tolerance, fence, entry, id, token of this claim ('' to leave the entry for later), token of the claim
--      before ('' for none), what its request left behind, its provider and reason, why the message has failed ('' for
--      not), what to record when its time is over, most unexplained copies, most copies, most requests, life of a
--      notice, keep of a notice
local lease, lane, record, outcomes = unpack(KEYS)
local now, tolerance, fence, entry, id, token, before, left, provider, reason, over, late, most_unexplained, most_copies,
  most_requests, life, keep = unpack(ARGV)
now, most_unexplained, most_copies = tonumber(now), tonumber(most_unexplained), tonumber(most_copies)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
if not holds(lease, fence) then return {'L'} end
local found = redis.call('XRANGE', lane, entry, entry)[1]
if not found then return {'G'} end
local waiting = {}
for at = 1, #found[2], 2 do waiting[found[2][at]] = found[2][at + 1] end
local send = waiting.n or '1'

-- A notice has no record before its first claim.
if waiting.tm and redis.call('EXISTS', record) == 0 then
  redis.call('HSET', record, 'p', waiting.p, 'tm', waiting.tm, 'l', waiting.l, 'b', waiting.b, 'n', waiting.n,
    'nk', waiting.nk, 'op', waiting.op or 'unknown', 'ch', 1, 'st', 'P', 'sn', 1, 'ds', 'Q', 'dq', waiting.t,
    'ex', whole(tonumber(waiting.t) + tonumber(life)))
  redis.call('PEXPIRE', record, keep)
  send = '1'
elseif waiting.tm then
  send = '1'
end

local copies, requests, claimed = 'cp:' .. send, 'rq:' .. send, 'tk:' .. send
local doubts, used = 'db:' .. send, 'av:' .. send
local c = redis.call('HMGET', record, 'p', 'st', 'ex', 'sn', claimed, 'nk', 'sr', 'rc:' .. send, 'dt', 'ds')
if c[2] ~= 'P' or tonumber(send) < tonumber(c[4]) or waiting.re and c[8] == 'X' then
  redis.call('XDEL', lane, entry)
  return {'G'}
end
-- Its worker died before it could say that the message was sent; the receipt says so.
if c[8] == 'D' then
  redis.call('XDEL', lane, entry)
  if not c[9] then
    redis.call('HSET', record, 'dt', whole(now))
    tell(outcomes, 'SENT', now, id, record)
  end
  return {'G'}
end
local function fail(detail)
  redis.call('XDEL', lane, entry)
  -- Of a message on its way again a copy went out: what became of that one was told, or may yet be.
  if waiting.re then
    if c[10] == 'Q' then redis.call('HSET', record, 'ds', 'F') end
    return {'F'}
  end
  redis.call('HSET', record, 'ds', 'F')
  if provider ~= '' then redis.call('HSET', record, 'pv', provider) end
  tell(outcomes, 'FAILED', now, id, record, detail)
  return {'F'}
end

-- Nobody who may not be sent to any more receives what was queued before that.
if blocked(c[6], now) then return fail('blocked') end
-- An address alone bars nobody: thousands share one, and who passed at the start has proved to be a person.
local account, device = string.match(c[7] or '', '^([^,]*),([^,]*),')
if account and (barred(c[6], account, now) or barred(c[6], device, now)) then return fail('blocked') end

local again = token ~= '' and c[5] == token
if not again and before ~= '' and c[5] == before then
  redis.call('HDEL', record, claimed)
  if left == 'doubt' then
    redis.call('HINCRBY', record, doubts, 1)
    list_also(record, used, provider)
  else
    redis.call('HINCRBY', record, copies, -1)
  end
  if left == 'nothing' then redis.call('HINCRBY', record, requests, -1) end
end
local counts = redis.call('HMGET', record, copies, requests, doubts)
local copied = tonumber(counts[1] or 0)
if again then
  copied = copied - 1
else
  if over ~= '' then return fail(over) end
  if now >= tonumber(c[3]) then return fail(late) end
  if not may_copy(copied, tonumber(counts[3] or 0), most_unexplained, most_copies) then return fail('unconfirmed') end
  if tonumber(counts[2] or 0) >= tonumber(most_requests) then return fail(reason ~= '' and reason or 'refused') end
  if token == '' then return {'W'} end
  redis.call('HINCRBY', record, copies, 1)
  redis.call('HINCRBY', record, requests, 1)
  redis.call('HSET', record, claimed, token)
end
local m = redis.call('HMGET', record, 'p', 'u', 'tm', 'l', 'b', 'n', 'tp', requests, 'op', 'af', used)
-- Whoever may have sent it is asked again only while one more copy is within what a crash may cost as well.
local avoid = (waiting.re or copied >= most_unexplained) and m[11] or ''
return {'C', m[1], m[2] or '0', m[3] or '', m[4], m[5], m[6], m[7] or '', m[8], m[9] or 'unknown', m[10] or '0', avoid}
