-- Spends from all limits or from none.
-- KEYS: the record of the request when there is one, then the limits. ARGV: now_ms, clock tolerance in ms, what to keep
-- in the record ('' for none) and for how many ms, then for each limit its rule and the cost.
-- Returns {0}; {-1, what an earlier spend of the request kept}; or {position of the limit that refuses longest, retry
-- time in ms, cause}.

local now_ms = tonumber(ARGV[1])
local wrong_clock = clock_error(now_ms, tonumber(ARGV[2]))
if wrong_clock then
  return wrong_clock
end

local keep, keep_ms = ARGV[3], ARGV[4]
local records = keep ~= '' and 1 or 0
if records == 1 then
  local kept = redis.call('GET', KEYS[1])
  if kept then
    return { -1, kept }
  end
end

local states = {}
local strictest, strictest_ms, strictest_cause = 0, 0, nil
for position = 1, #KEYS - records do
  local state = limit_read(KEYS[position + records], now_ms)
  local cause, retry_ms = limit_spend(state, limit_rule(ARGV[3 + 2 * position]), tonumber(ARGV[4 + 2 * position]))
  if cause and retry_ms > strictest_ms then
    strictest, strictest_ms, strictest_cause = position, retry_ms, cause
  end
  states[position] = state
end
if strictest > 0 then
  return { strictest, strictest_ms, strictest_cause }
end
for _, state in ipairs(states) do
  limit_write(state)
end
if records == 1 then
  redis.call('SET', KEYS[1], keep, 'PX', keep_ms)
end
return { 0 }
