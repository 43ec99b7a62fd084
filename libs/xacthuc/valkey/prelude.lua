-- Functions every script may use; put before it when it is read (`Script.from_file`). Nothing newer than Redis 7.0.

-- Renders a whole number in full: tostring gives 1.7e+15 for microseconds.
local function whole(number)
  return string.format('%.0f', number)
end

-- Returns nil, or the error a script must return at once: `now_ms` comes from the caller, and a caller whose clock is
-- wrong could reopen a window or expire what is alive. A tolerance of 0 leaves the clock to the caller (sandbox).
local function clock_error(now_ms, tolerance_ms)
  if tolerance_ms == 0 then
    return nil
  end
  local time = redis.call('TIME')
  local server_ms = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
  if math.abs(server_ms - now_ms) > tolerance_ms then
    return redis.error_reply('CLOCK ' .. whole(server_ms))
  end
  return nil
end
