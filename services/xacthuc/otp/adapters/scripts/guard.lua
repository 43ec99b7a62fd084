-- The counting of domain/guard_ledger.py on the server, step for step; a property test keeps the two equal. Needs the
-- prelude of libs/xacthuc/valkey. A ledger is what `guard_read` returns.
--
-- Within a slot a message costs two short strings: those in flight, and the sums over everything ripe as they were when
-- the slot began. The tables behind the sums are read once in a slot, and for the few codes entered late.

local SLOT_MS, SLOTS_PER_HOUR, SLOTS_PER_DAY, DAY_HOURS, BEST_OF_DAYS = 300000, 12, 288, 24, 14
local MIDNIGHT_SLOTS = 7 * SLOTS_PER_HOUR
-- A day of history beyond the fourteen that count.
local KEEP_MS = 15 * 24 * 3600000

local function guard_slot(ms) return math.floor(ms / SLOT_MS) end
local function guard_hour(slot) return math.floor(slot / SLOTS_PER_HOUR) end
local function guard_day(slot) return math.floor((slot + MIDNIGHT_SLOTS) / SLOTS_PER_DAY) end

-- Tables are kept as `at=sent:verified,...`, days as `at=verified,...`.
local function pairs_of(text)
  local found = {}
  for at, sent, verified in string.gmatch(text or '', '(%d+)=(%d+):(%d+)') do
    found[tonumber(at)] = {tonumber(sent), tonumber(verified)}
  end
  return found
end

local function counts_of(text)
  local found = {}
  for at, count in string.gmatch(text or '', '(%d+)=(%d+)') do found[tonumber(at)] = tonumber(count) end
  return found
end

local function text_of(found)
  local parts = {}
  for at, pair in pairs(found) do
    local value = type(pair) == 'table' and whole(pair[1]) .. ':' .. whole(pair[2]) or whole(pair)
    parts[#parts + 1] = whole(at) .. '=' .. value
  end
  return table.concat(parts, ',')
end

local function pair_at(found, at)
  if not found[at] then found[at] = {0, 0} end
  return found[at]
end

local function guard_tables(ledger)
  if ledger.ripe then return end
  local found = redis.call('HMGET', ledger.key, 'sl', 'hr', 'dy')
  ledger.ripe, ledger.hours, ledger.days = pairs_of(found[1]), pairs_of(found[2]), counts_of(found[3])
end

local function oldest_hour(ledger) return guard_hour(ledger.at - ledger.life - 1) - DAY_HOURS end

local function guard_sum(ledger)
  local sent_hour, verified_hour, best = 0, 0, 0
  for _, pair in pairs(ledger.ripe) do
    sent_hour, verified_hour = sent_hour + pair[1], verified_hour + pair[2]
  end
  local sent_day, verified_day = sent_hour, verified_hour
  for _, pair in pairs(ledger.hours) do
    sent_day, verified_day = sent_day + pair[1], verified_day + pair[2]
  end
  for _, count in pairs(ledger.days) do best = math.max(best, count) end
  ledger.past = {sent_day, verified_day, sent_hour, verified_hour, best}
end

local function guard_roll(ledger, now)
  local slot = guard_slot(now)
  if slot <= ledger.at then return end
  guard_tables(ledger)
  ledger.at, ledger.rolled = slot, true
  local ripe = slot - ledger.life - 1
  for at, pair in pairs(ledger.young) do
    if at <= ripe then
      ledger.young[at], ledger.ripe[at] = nil, pair
      if pair[2] > 0 then ledger.days[guard_day(at)] = (ledger.days[guard_day(at)] or 0) + pair[2] end
    end
  end
  for at, pair in pairs(ledger.ripe) do
    if at <= ripe - SLOTS_PER_HOUR then
      ledger.ripe[at] = nil
      local hour = pair_at(ledger.hours, guard_hour(at))
      hour[1], hour[2] = hour[1] + pair[1], hour[2] + pair[2]
    end
  end
  for hour in pairs(ledger.hours) do
    if hour < oldest_hour(ledger) then ledger.hours[hour] = nil end
  end
  for day in pairs(ledger.days) do
    if day <= guard_day(ripe) - BEST_OF_DAYS then ledger.days[day] = nil end
  end
  guard_sum(ledger)
end

local function guard_read(key, life, now)
  local found = redis.call('HMGET', key, 'first', 'ex', 'at', 'past', 'yg')
  local past = {0, 0, 0, 0, 0}
  if found[4] then
    past = {string.match(found[4], '^(%d+) (%d+) (%d+) (%d+) (%d+)$')}
    for place = 1, 5 do past[place] = tonumber(past[place]) end
  end
  local ledger = {
    key = key, life = life, first = tonumber(found[1] or 0), exempt = tonumber(found[2] or 0),
    at = tonumber(found[3] or 0), past = past, young = pairs_of(found[5]),
  }
  guard_roll(ledger, now)
  return ledger
end

local function guard_write(ledger, now)
  redis.call('HSET', ledger.key, 'yg', text_of(ledger.young))
  if ledger.ripe then
    redis.call('HSET', ledger.key, 'at', whole(ledger.at), 'past', table.concat(ledger.past, ' '),
      'sl', text_of(ledger.ripe), 'hr', text_of(ledger.hours), 'dy', text_of(ledger.days))
  end
  if ledger.rolled then
    redis.call('PEXPIRE', ledger.key, whole(math.max(KEEP_MS, ledger.exempt - now)))
  end
end

-- The first message of a subject is when it is first seen; an exemption may have come before it.
local function guard_count(ledger, at, now)
  local pair = pair_at(ledger.young, at)
  pair[1] = pair[1] + 1
  if ledger.first == 0 then
    ledger.first = now
    redis.call('HSET', ledger.key, 'first', whole(now))
    return 1
  end
  return 0
end

local function guard_verify(ledger, sent_ms, messages)
  local slot = math.min(guard_slot(sent_ms), ledger.at)
  local ripe = ledger.at - ledger.life - 1
  if slot > ripe then
    local pair = pair_at(ledger.young, slot)
    pair[2] = pair[2] + messages
    return
  end
  guard_tables(ledger)
  local pair
  if slot > ripe - SLOTS_PER_HOUR then
    pair = pair_at(ledger.ripe, slot)
  elseif guard_hour(slot) >= oldest_hour(ledger) then
    pair = pair_at(ledger.hours, guard_hour(slot))
  end
  if pair then pair[2] = pair[2] + messages end
  if guard_day(slot) > guard_day(ripe) - BEST_OF_DAYS then
    ledger.days[guard_day(slot)] = (ledger.days[guard_day(slot)] or 0) + messages
  end
  guard_sum(ledger)
end

-- First seen, exempt until, slot, the sums over everything ripe, and how many are in flight.
local function guard_answer(ledger)
  local flying = 0
  for _, pair in pairs(ledger.young) do flying = flying + pair[1] - pair[2] end
  return ledger.first, ledger.exempt, ledger.at, table.concat(ledger.past, ' '), flying
end
