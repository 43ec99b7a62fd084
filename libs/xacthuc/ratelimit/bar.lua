-- Bars a limit until a time; a time that is past lifts the bar.
-- KEYS: the limit. ARGV: now_ms, clock tolerance in ms, until_ms.

local now_ms = tonumber(ARGV[1])
local wrong_clock = clock_error(now_ms, tonumber(ARGV[2]))
if wrong_clock then
  return wrong_clock
end

local state = limit_read(KEYS[1], now_ms)
state.bar_ms = tonumber(ARGV[3])
limit_write(state)
return 0
