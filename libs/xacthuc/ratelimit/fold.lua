-- Applies one outcome to one limit, once: entries of a partition come in order, and the last one applied is remembered.
-- KEYS: the limit. ARGV: now_ms, clock tolerance in ms, rule, partition, entry id `ms-seq`, `verified`|`wrong`.
-- Returns 1 when it was applied, 0 when it had been or is too old to matter.

local now_ms = tonumber(ARGV[1])
local wrong_clock = clock_error(now_ms, tonumber(ARGV[2]))
if wrong_clock then
  return wrong_clock
end

local function entry(id)
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sequence)
end

local rule, field, what = limit_rule(ARGV[3]), 'x:' .. ARGV[4], ARGV[6]
local event_ms, sequence = entry(ARGV[5])
local last = redis.call('HGET', KEYS[1], field)
if last then
  local last_ms, last_sequence = entry(last)
  if event_ms < last_ms or (event_ms == last_ms and sequence <= last_sequence) then
    return 0
  end
end

-- The mark outlives the time in which the entry would still count, so that losing it with the key changes nothing.
local hours = what == 'wrong' and DAY_HOURS or 1
if hour_of(event_ms) < hour_of(now_ms) - hours then
  return 0
end
local state = limit_read(KEYS[1], now_ms)
if what == 'verified' then
  limit_verify(state, rule, event_ms)
else
  limit_wrong(state, event_ms)
end
state.mark_ms = math.max(state.mark_ms, (hour_of(event_ms) + hours + 1) * HOUR_MS)
limit_write(state)
redis.call('HSET', KEYS[1], field, ARGV[5])
return 1
