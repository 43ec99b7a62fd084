-- Applies one outcome to one subject, once: entries of a partition come in order, and the last one applied is kept.
-- KEYS subject, its marks
-- ARGV now, tolerance, slots in flight, partition, entry `ms-seq`, `verified` or `sent`, when it was sent, messages
-- Returns 0 when it had been applied, or is older than a day; 2 when the subject was never seen before, else 1.
local now, tolerance, life, partition, entry, event, sent_ms, messages = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end

local function position(id)
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sequence)
end

local DAY_MS = DAY_HOURS * 3600000
local ms, sequence = position(entry)
if ms < now - DAY_MS then return 0 end
local last = redis.call('HGET', KEYS[2], partition)
if last then
  local last_ms, last_sequence = position(last)
  if ms < last_ms or (ms == last_ms and sequence <= last_sequence) then return 0 end
end

local ledger = guard_read(KEYS[1], tonumber(life), now)
local applied = 1
if event == 'sent' then
  applied = applied + guard_count(ledger, ledger.at, now)
else
  guard_verify(ledger, tonumber(sent_ms), tonumber(messages))
end
guard_write(ledger, now)
redis.call('HSET', KEYS[2], partition, entry)
-- The mark outlives the day in which the entry would still be applied.
redis.call('PEXPIRE', KEYS[2], whole(DAY_MS + 3600000))
return applied
