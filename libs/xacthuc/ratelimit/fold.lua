-- Applies outcomes to limits, each once: entries of a partition come in order, and the last one applied is remembered.
-- KEYS: limits. ARGV: now_ms, clock tolerance in ms; for each limit how many entries follow, and of each of these
-- rule, partition, entry id `ms-seq`, `verified`|`wrong`.
-- Returns for each entry 1 when it was applied, 0 when it had been or is too old to matter.

local now_ms = tonumber(ARGV[1])
local wrong_clock = clock_error(now_ms, tonumber(ARGV[2]))
if wrong_clock then
  return wrong_clock
end

local function entry(id)
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sequence)
end

local function apply(state, rule, what, event_ms)
  -- The mark outlives the time in which the entry would still count, so that losing it with the key changes nothing.
  local hours = what == 'wrong' and DAY_HOURS or 1
  if hour_of(event_ms) < hour_of(now_ms) - hours then
    return 0
  end
  if what == 'verified' then
    limit_verify(state, limit_rule(rule), event_ms)
  else
    limit_wrong(state, event_ms)
  end
  state.mark_ms = math.max(state.mark_ms, (hour_of(event_ms) + hours + 1) * HOUR_MS)
  return 1
end

local at, answers = 3, {}
for _, key in ipairs(KEYS) do
  local state, last, marks = limit_read(key, now_ms), {}, {}
  for _ = 1, tonumber(ARGV[at]) do
    local rule, field, id, what = ARGV[at + 1], 'x:' .. ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
    at = at + 4
    local event_ms, sequence = entry(id)
    last[field] = last[field] or redis.call('HGET', key, field)
    local last_ms, last_sequence = entry(last[field] or '0-0')
    local applied = 0
    if event_ms > last_ms or (event_ms == last_ms and sequence > last_sequence) then
      applied = apply(state, rule, what, event_ms)
    end
    if applied == 1 then
      last[field] = id
      marks[#marks + 1] = field
      marks[#marks + 1] = id
    end
    answers[#answers + 1] = applied
  end
  at = at + 1
  if #marks > 0 then
    limit_write(state)
    redis.call('HSET', key, unpack(marks))
  end
end
return answers
