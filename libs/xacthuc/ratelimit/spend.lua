-- Spends from all limits or from none.
-- KEYS: the record of the request when there is one, then the limits. ARGV: now_ms, clock tolerance in ms, what to keep
-- in the record ('' for none) and for how many ms, then for each limit its rule and the cost.
-- A record reads `!value` once everything was spent. Where it stands alone, the limits are being asked in other slots
-- and nobody knows yet: it reads `?value`, and whoever finds it so spends for itself.
-- Returns {0}; {-1, `!value` or `?value`} when the record was there and nothing was spent; {-2, value} when it was there,
-- unspent, and everything is spent now; or {position of the limit that refuses longest, retry time in ms, cause}.

local now_ms = tonumber(ARGV[1])
local wrong_clock = clock_error(now_ms, tonumber(ARGV[2]))
if wrong_clock then
  return wrong_clock
end

local keep, keep_ms = ARGV[3], ARGV[4]
local records = keep ~= '' and 1 or 0
local limits = #KEYS - records
local kept = records == 1 and redis.call('GET', KEYS[1])
if limits == 0 then
  if not kept then
    redis.call('SET', KEYS[1], '?' .. keep, 'PX', keep_ms)
  end
  return kept and { -1, kept } or { 0 }
end
if kept and string.sub(kept, 1, 1) == '!' then
  -- Spent before, so allowed; but what is stopped is stopped for a repeated request too.
  for position = 1, limits do
    local bar_ms = limit_read(KEYS[position + records], now_ms).bar_ms
    if bar_ms > now_ms then
      return { position, math.min(bar_ms, FOREVER_MS), 'barred' }
    end
  end
  return { -1, kept }
end

local states = {}
local strictest, strictest_ms, strictest_cause = 0, 0, nil
for position = 1, limits do
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
  local value = kept and string.sub(kept, 2) or keep
  redis.call('SET', KEYS[1], '!' .. value, 'PX', keep_ms)
  if kept then
    return { -2, value }
  end
end
return { 0 }
