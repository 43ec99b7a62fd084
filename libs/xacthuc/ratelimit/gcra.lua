-- The arithmetic of gcra.py on the server, line for line; a property test keeps the two equal. Needs prelude.lua and
-- hash.lua. A state is what `limit_read` returns; the functions here change it and leave the writing to the caller.

local FOREVER_MS = 253402300799000

-- Both divisions are exact: numerators stay below 2^53, which is checked where a rule is made.
local function over(numerator, denominator)
  return math.floor((numerator + denominator - 1) / denominator)
end

local function limit_rule(spec)
  local quantity, period_ms, burst, scale, sent_cap, wrong_cap =
    string.match(spec, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%d+)$')
  local rule = {
    quantity = quantity * 1000,
    period = period_ms * 1000000,
    scale = tonumber(scale),
    sent_cap = tonumber(sent_cap),
    wrong_cap = tonumber(wrong_cap),
  }
  rule.tolerance_us = burst * over(rule.period, rule.quantity)
  return rule
end

local function interval_us(rule, state)
  return over(rule.period, rule.quantity + rule.scale * (state.verified + state.before))
end

-- When no more than `most` are left of the last 24 hours, or nil when that is so already.
local function free_at_ms(counts, most)
  local total = 0
  for _, pair in ipairs(counts) do
    total = total + pair[2]
  end
  local free_ms = nil
  for _, pair in ipairs(counts) do
    if total <= most then
      break
    end
    total = total - pair[2]
    free_ms = (pair[1] + DAY_HOURS + 1) * HOUR_MS
  end
  return free_ms
end

local function count(counts, at, change, now_ms)
  if at < hour_of(now_ms) - DAY_HOURS then
    return counts
  end
  local changed, found = {}, false
  for _, pair in ipairs(counts) do
    if pair[1] == at then
      pair, found = { at, pair[2] + change }, true
    end
    if pair[2] > 0 then
      changed[#changed + 1] = pair
    end
  end
  if not found and change > 0 then
    changed[#changed + 1] = { at, change }
    table.sort(changed, function(a, b) return a[1] < b[1] end)
  end
  return changed
end

local function longer(cause, retry_ms, other, other_ms)
  if other_ms and other_ms > retry_ms then
    return other, other_ms
  end
  return cause, retry_ms
end

-- Spends `cost` permits in `state` and returns nil; or leaves it alone and returns the cause and the time, FOREVER_MS when
-- waiting does not help, of the refusal that lasts longest.
local function limit_spend(state, rule, cost)
  local now_us = state.now_ms * 1000
  local new_tat_us = math.max(state.tat_us, now_us) + cost * interval_us(rule, state)
  local cause, retry_ms = nil, 0
  if state.bar_ms > state.now_ms then
    cause, retry_ms = 'barred', math.min(state.bar_ms, FOREVER_MS)
  end
  if new_tat_us - rule.tolerance_us > now_us then
    cause, retry_ms = longer(cause, retry_ms, 'rate', over(new_tat_us - rule.tolerance_us, 1000))
  end
  if rule.sent_cap > 0 then
    cause, retry_ms = longer(cause, retry_ms, 'day', free_at_ms(state.sent, rule.sent_cap - cost))
  end
  if rule.wrong_cap > 0 then
    cause, retry_ms = longer(cause, retry_ms, 'wrong', free_at_ms(state.wrong, rule.wrong_cap - 1))
  end
  if cause then
    return cause, retry_ms
  end
  state.tat_us = new_tat_us
  if rule.sent_cap > 0 then
    state.sent = count(state.sent, hour_of(state.now_ms), cost, state.now_ms)
  end
  return nil
end

local function limit_refund(state, rule, cost, spent_ms)
  state.tat_us = math.max(state.tat_us - cost * interval_us(rule, state), state.now_ms * 1000)
  if rule.sent_cap > 0 then
    state.sent = count(state.sent, hour_of(spent_ms), -cost, state.now_ms)
  end
end

local function limit_verify(state, rule, event_ms)
  local before_us = interval_us(rule, state)
  local event_hour = hour_of(event_ms)
  if event_hour >= state.hour then
    state.verified = state.verified + 1
  elseif event_hour == state.hour - 1 then
    state.before = state.before + 1
  end
  local after_us = interval_us(rule, state)
  local debt_us = state.tat_us - state.now_ms * 1000
  if debt_us > 0 and after_us < before_us then
    local permits_permille = over(debt_us * 1000, before_us)
    state.tat_us = state.now_ms * 1000 + over(permits_permille * after_us, 1000)
  end
end

local function limit_wrong(state, event_ms)
  state.wrong = count(state.wrong, hour_of(event_ms), 1, state.now_ms)
end
