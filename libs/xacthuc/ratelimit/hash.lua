-- Reads and writes the one hash a limit is. Needs prelude.lua; README.md documents the fields.

local HOUR_MS = 3600000
local DAY_HOURS = 24

local function hour_of(ms)
  return math.floor(ms / HOUR_MS)
end

-- Counts are kept as `hour=count,hour=count` in rising order of the hour.
local function read_counts(text, oldest)
  local counts = {}
  for hour, count in string.gmatch(text, '(%d+)=(%d+)') do
    hour = tonumber(hour)
    if hour >= oldest then
      counts[#counts + 1] = { hour, tonumber(count) }
    end
  end
  return counts
end

local function write_counts(counts)
  local parts = {}
  for position, pair in ipairs(counts) do
    parts[position] = whole(pair[1]) .. '=' .. whole(pair[2])
  end
  return table.concat(parts, ',')
end

local NO_COUNTS = {}

-- Reads a limit and moves its counters of successes on to the present hour.
local function limit_read(key, now_ms)
  local found = redis.call('HMGET', key, 'tat', 'hour', 'ver', 'before', 'sent', 'wrong', 'bar', 'mark')
  local hour = hour_of(now_ms)
  local state = {
    key = key,
    now_ms = now_ms,
    found = found,
    tat_us = tonumber(found[1] or 0),
    hour = tonumber(found[2] or 0),
    verified = tonumber(found[3] or 0),
    before = tonumber(found[4] or 0),
    sent = found[5] and read_counts(found[5], hour - DAY_HOURS) or NO_COUNTS,
    wrong = found[6] and read_counts(found[6], hour - DAY_HOURS) or NO_COUNTS,
    bar_ms = tonumber(found[7] or 0),
    mark_ms = tonumber(found[8] or 0),
  }
  if hour > state.hour then
    state.before = hour == state.hour + 1 and state.verified or 0
    state.verified = 0
    state.hour = hour
  end
  return state
end

local function counts_end_ms(counts)
  return #counts > 0 and (counts[#counts][1] + DAY_HOURS + 1) * HOUR_MS or 0
end

-- Writes a limit, and lets it expire when it has nothing left to remember. A minute is added for clocks that differ.
local function limit_write(state)
  local now_ms, found = state.now_ms, state.found
  local fields, gone = { 'tat', whole(state.tat_us) }, nil
  local ends_ms = state.tat_us / 1000
  if state.verified + state.before > 0 then
    fields = { 'tat', fields[2], 'hour', state.hour, 'ver', state.verified, 'before', state.before }
    ends_ms = math.max(ends_ms, (state.hour + 2) * HOUR_MS)
  end
  local function keep(field, value, until_ms, was)
    if until_ms > now_ms then
      fields[#fields + 1] = field
      fields[#fields + 1] = value
      ends_ms = math.max(ends_ms, until_ms)
    elseif was then
      gone = gone or {}
      gone[#gone + 1] = field
    end
  end
  if found[5] or #state.sent > 0 then
    keep('sent', write_counts(state.sent), counts_end_ms(state.sent), found[5])
  end
  if found[6] or #state.wrong > 0 then
    keep('wrong', write_counts(state.wrong), counts_end_ms(state.wrong), found[6])
  end
  if found[7] or state.bar_ms > 0 then
    keep('bar', whole(state.bar_ms), state.bar_ms, found[7])
  end
  if found[8] or state.mark_ms > 0 then
    keep('mark', whole(state.mark_ms), state.mark_ms, found[8])
  end
  if ends_ms <= now_ms then
    redis.call('DEL', state.key)
    return
  end
  redis.call('HSET', state.key, unpack(fields))
  if gone then
    redis.call('HDEL', state.key, unpack(gone))
  end
  redis.call('PEXPIRE', state.key, whole(math.ceil(ends_ms - now_ms) + 60000))
end
