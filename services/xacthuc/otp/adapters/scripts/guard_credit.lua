-- Applies outcomes to subjects, each once: entries of a partition come in order, and the last one applied is kept.
-- KEYS for each subject it, its marks
-- ARGV now, tolerance, slots in flight; for each subject how many entries follow, and of each of these
--      partition, entry `ms-seq`, `verified` or `sent`, when it was sent, messages
-- Returns for each entry 0 when it had been applied, or is older than a day; 2 when its subject was never seen before,
-- else 1.
local now, life = tonumber(ARGV[1]), tonumber(ARGV[3])
local fault = clock_error(now, tonumber(ARGV[2]))
if fault then return fault end

local function position(id)
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sequence)
end

local DAY_MS = DAY_HOURS * 3600000
local function apply(ledger, event, sent_ms, messages)
  if event == 'sent' then return 1 + guard_count(ledger, ledger.at, now) end
  guard_verify(ledger, tonumber(sent_ms), tonumber(messages))
  return 1
end

local at, answers = 4, {}
for number = 1, #KEYS, 2 do
  local key, marks_key = KEYS[number], KEYS[number + 1]
  local ledger, last, marks = guard_read(key, life, now), {}, {}
  for _ = 1, tonumber(ARGV[at]) do
    local partition, entry, event, sent_ms, messages = unpack(ARGV, at + 1, at + 5)
    at = at + 5
    local ms, sequence = position(entry)
    last[partition] = last[partition] or redis.call('HGET', marks_key, partition)
    local last_ms, last_sequence = position(last[partition] or '0-0')
    local applied = 0
    if ms >= now - DAY_MS and (ms > last_ms or (ms == last_ms and sequence > last_sequence)) then
      applied = apply(ledger, event, sent_ms, messages)
      last[partition] = entry
      marks[#marks + 1] = partition
      marks[#marks + 1] = entry
    end
    answers[#answers + 1] = applied
  end
  at = at + 1
  if #marks > 0 then
    guard_write(ledger, now)
    redis.call('HSET', marks_key, unpack(marks))
    -- The mark outlives the day in which the entry would still be applied.
    redis.call('PEXPIRE', marks_key, whole(DAY_MS + 3600000))
  end
end
return answers
