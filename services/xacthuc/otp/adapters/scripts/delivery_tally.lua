-- Counts one outcome of one provider, operator range and channel, once: entries of a partition come in order, and the last
-- one counted is remembered. The pure counterpart is delivery/domain/figures.py.
-- KEYS tally
-- ARGV now, tolerance, partition, entry id `ms-seq`, when the code was sent, hours kept, hours whose minutes are kept,
--      sent, delivered, failed, verified, dong, latency in ms, column of the histogram from 1 (0 for none), columns
-- Returns 1 when it was counted, 0 when it had been or is older than what is kept.
local tally = KEYS[1]
local now, tolerance, partition, id, at, kept, minutes_kept, sent, delivered, failed, verified, cost, latency, column,
  columns = unpack(ARGV)
now, at, column = tonumber(now), tonumber(at), tonumber(column)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end

local function place(entry)
  local ms, sequence = string.match(entry, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sequence)
end

local oldest = hour_of(now) - tonumber(kept)
local oldest_minute = (hour_of(now) - tonumber(minutes_kept)) * 60
local hour, minute, mark = hour_of(at), math.floor(at / 60000), 'x' .. partition
local last = redis.call('HGET', tally, mark)
if last then
  local ms, sequence = place(id)
  local last_ms, last_sequence = place(last)
  if ms < last_ms or ms == last_ms and sequence <= last_sequence then return 0 end
end
if hour < oldest then return 0 end

-- Adds to the whole numbers that a field holds, with spaces between them; returns whether there was none.
local function add(field, increments)
  local text, position = redis.call('HGET', tally, field), 0
  for number in string.gmatch(text or '', '%d+') do
    position = position + 1
    increments[position] = increments[position] + tonumber(number)
  end
  for at, number in ipairs(increments) do increments[at] = whole(number) end
  redis.call('HSET', tally, field, table.concat(increments, ' '))
  return not text
end

local row = {tonumber(sent), tonumber(delivered), tonumber(failed), tonumber(verified), tonumber(cost), tonumber(latency)}
for at = 1, tonumber(columns) do row[6 + at] = at == column and 1 or 0 end
if add('h' .. whole(hour), row) then
  -- Once an hour is often enough to drop what is too old.
  for _, field in ipairs(redis.call('HKEYS', tally)) do
    local kind, number = string.sub(field, 1, 1), tonumber(string.sub(field, 2))
    if kind == 'h' and number < oldest or kind == 'm' and number < oldest_minute then
      redis.call('HDEL', tally, field)
    end
  end
end
if minute >= oldest_minute and (sent ~= '0' or verified ~= '0') then
  add('m' .. whole(minute), {tonumber(sent), tonumber(verified)})
end
redis.call('HSET', tally, mark, id)
-- It outlives everything that could be counted twice: what is older than the hours kept is not counted at all.
redis.call('PEXPIRE', tally, whole((tonumber(kept) + 2) * HOUR_MS))
return 1
