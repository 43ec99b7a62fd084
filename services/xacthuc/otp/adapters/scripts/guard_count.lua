-- Counts a message that is being sent to one subject, and says what its counts come to.
-- KEYS subject   ARGV now, tolerance, slots in flight
-- Returns whether the subject is new, when it was first seen, until when it is exempt, the slot, the sums over everything
-- ripe, and how many are in flight.
local now, tolerance, life = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local fault = clock_error(now, tolerance)
if fault then return fault end

-- Nearly every message finds a slot that has begun: then two strings say all, and only one of them changes.
local found = redis.call('HMGET', KEYS[1], 'first', 'ex', 'at', 'past', 'yg')
if found[1] and found[3] and tonumber(found[3]) >= guard_slot(now) then
  local slot, others, sent, verified, flying = found[3], '', 0, 0, 1
  for at, one, other in string.gmatch(found[5], '(%d+)=(%d+):(%d+)') do
    flying = flying + one - other
    if at == slot then
      sent, verified = one, other
    else
      others = others .. at .. '=' .. one .. ':' .. other .. ','
    end
  end
  redis.call('HSET', KEYS[1], 'yg', others .. slot .. '=' .. sent + 1 .. ':' .. verified)
  return {0, found[1], found[2] or 0, slot, found[4], flying}
end

local ledger = guard_read(KEYS[1], life, now)
local new = guard_count(ledger, ledger.at, now)
guard_write(ledger, now)
return {new, guard_answer(ledger)}
