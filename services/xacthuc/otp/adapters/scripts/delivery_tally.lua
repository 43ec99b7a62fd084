-- Counts outcomes of providers, operator ranges and channels, each once: entries of a partition come in order, and the last
-- one counted is remembered. The pure counterpart is delivery/domain/figures.py.
-- KEYS tallies
-- ARGV now, tolerance, hours kept, hours whose minutes are kept, columns; for each tally how many entries follow, and of
--      each of these partition, entry id `ms-seq`, when the code was sent, sent, delivered, failed, verified, dong, latency
--      in ms, column of the histogram from 1 (0 for none)
-- Returns for each entry 1 when it was counted, 0 when it had been or is older than what is kept.
local now, kept, minutes_kept, columns = tonumber(ARGV[1]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local fault = clock_error(now, tonumber(ARGV[2]))
if fault then return fault end

local function place(entry)
  local ms, sequence = string.match(entry, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sequence)
end

local oldest = hour_of(now) - kept
local oldest_minute = (hour_of(now) - minutes_kept) * 60

-- A tally as it is read and changed: its rows of whole numbers, the last entry of each partition, and what is new.
local function opened(key) return {key = key, rows = {}, last = {}, marks = {}, fresh = false} end

-- Adds to the whole numbers that a field holds, with spaces between them.
local function add(tally, field, increments)
  local row = tally.rows[field]
  if not row then
    local text = redis.call('HGET', tally.key, field)
    row = {}
    for number in string.gmatch(text or '', '%d+') do row[#row + 1] = tonumber(number) end
    tally.rows[field] = row
    tally.fresh = tally.fresh or not text and string.sub(field, 1, 1) == 'h'
  end
  for at, number in ipairs(increments) do row[at] = (row[at] or 0) + number end
end

local function count(tally, partition, id, first)
  local mark, sent_ms = 'x' .. partition, tonumber(ARGV[first + 2])
  local ms, sequence = place(id)
  tally.last[mark] = tally.last[mark] or redis.call('HGET', tally.key, mark)
  local last_ms, last_sequence = place(tally.last[mark] or '0-0')
  if ms < last_ms or ms == last_ms and sequence <= last_sequence then return 0 end
  local hour, minute = hour_of(sent_ms), math.floor(sent_ms / 60000)
  if hour < oldest then return 0 end

  local row, column = {}, tonumber(ARGV[first + 9])
  for at = 1, 6 do row[at] = tonumber(ARGV[first + 2 + at]) end
  for at = 1, columns do row[6 + at] = at == column and 1 or 0 end
  add(tally, 'h' .. whole(hour), row)
  if minute >= oldest_minute and row[1] + row[4] > 0 then
    add(tally, 'm' .. whole(minute), {row[1], row[4]})
  end
  tally.last[mark] = id
  tally.marks[#tally.marks + 1] = mark
  tally.marks[#tally.marks + 1] = id
  return 1
end

local function write(tally)
  for field, row in pairs(tally.rows) do
    for at, number in ipairs(row) do row[at] = whole(number) end
    redis.call('HSET', tally.key, field, table.concat(row, ' '))
  end
  -- Once an hour is often enough to drop what is too old.
  for _, field in ipairs(tally.fresh and redis.call('HKEYS', tally.key) or {}) do
    local kind, number = string.sub(field, 1, 1), tonumber(string.sub(field, 2))
    if kind == 'h' and number < oldest or kind == 'm' and number < oldest_minute then
      redis.call('HDEL', tally.key, field)
    end
  end
  redis.call('HSET', tally.key, unpack(tally.marks))
  -- It outlives everything that could be counted twice: what is older than the hours kept is not counted at all.
  redis.call('PEXPIRE', tally.key, whole((kept + 2) * HOUR_MS))
end

local at, answers = 6, {}
for _, key in ipairs(KEYS) do
  local tally = opened(key)
  for _ = 1, tonumber(ARGV[at]) do
    answers[#answers + 1] = count(tally, ARGV[at + 1], ARGV[at + 2], at + 1)
    at = at + 10
  end
  at = at + 1
  if #tally.marks > 0 then write(tally) end
end
return answers
