-- Gives back to each limit what was spent at `spent_ms`. Never less than nothing.
-- KEYS: the record of the request when there is one, then the limits. ARGV: now_ms, clock tolerance in ms, what the
-- record holds ('' for none), spent_ms, then for each limit its rule and the cost. The record is forgotten.

local now_ms = tonumber(ARGV[1])
local wrong_clock = clock_error(now_ms, tonumber(ARGV[2]))
if wrong_clock then
  return wrong_clock
end

local records = ARGV[3] ~= '' and 1 or 0
if records == 1 and string.sub(redis.call('GET', KEYS[1]) or '', 2) == ARGV[3] then
  redis.call('DEL', KEYS[1])
end
for position = 1, #KEYS - records do
  local state = limit_read(KEYS[position + records], now_ms)
  limit_refund(state, limit_rule(ARGV[3 + 2 * position]), tonumber(ARGV[4 + 2 * position]), tonumber(ARGV[4]))
  limit_write(state)
end
return 0
