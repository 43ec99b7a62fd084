-- Takes a message from its lane and records what became of it.
-- KEYS lease, lane, record, outcomes   ARGV now, tolerance, fence, entry, id, send, provider, failure ('' when sent)
local lease, lane, record, outcomes = unpack(KEYS)
local now, tolerance, fence, entry, id, send, provider, failure = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end
if not holds(lease, fence) then return 'L' end
if redis.call('XDEL', lane, entry) == 0 then return 'G' end
local c = redis.call('HMGET', record, 'sn', 'ds')
if not c[1] then return 'G' end
if provider ~= '' then redis.call('HSET', record, 'pv', provider) end
if c[1] == send then
  if failure == '' then redis.call('HSET', record, 'dt', whole(now)) end
  -- A receipt that was quicker than this step keeps the last word.
  if c[2] == 'Q' then redis.call('HSET', record, 'ds', failure == '' and 'S' or 'F') end
end
tell(outcomes, failure == '' and 'SENT' or 'FAILED', now, id, record, failure)
return 'S'
