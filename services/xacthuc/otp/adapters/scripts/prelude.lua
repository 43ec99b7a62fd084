-- Shared by the scripts of the service, after the functions of libs/xacthuc/valkey and libs/xacthuc/ratelimit. The
-- pure counterparts are services/xacthuc/otp/domain.

local VIEW = {'u', 's', 'm', 'st', 'ch', 'cr', 'ex', 'ns', 'sn', 'w', 'ds', 'dq', 'dt', 'dd', 'p', 'pv', 'po', 'nk'}

local function total(counts)
  local sum = 0
  for _, pair in ipairs(counts) do sum = sum + pair[2] end
  return sum
end

-- Counts in a field of rolling hours; the oldest of 25 hours counts whole, so a cap holds in any 24 hours.
local function in_day(key, field, now)
  local text = redis.call('HGET', key, field)
  return text and total(read_counts(text, hour_of(now) - DAY_HOURS)) or 0
end

local function count_one(key, field, now)
  local counts = read_counts(redis.call('HGET', key, field) or '', hour_of(now) - DAY_HOURS)
  counts = count(counts, hour_of(now), 1, now)
  redis.call('HSET', key, field, write_counts(counts))
  return total(counts)
end

-- A key must outlive everything it holds; nothing shortens its life.
local function outlive(key, ms)
  if redis.call('PTTL', key) < tonumber(ms) then redis.call('PEXPIRE', key, ms) end
end

-- Drops bars and devices whose time is over, and the oldest devices beyond `most`: each has an allowance of its own.
local function tidy(number, now, known_device_ms, most)
  local fields, devices = redis.call('HGETALL', number), {}
  for i = 1, #fields, 2 do
    local field, kind, at = fields[i], string.sub(fields[i], 1, 2), tonumber(fields[i + 1])
    if kind == 'b:' and at <= now or kind == 'k:' and at + known_device_ms <= now then
      redis.call('HDEL', number, field)
    elseif kind == 'k:' then
      devices[#devices + 1] = {at, field}
    elseif string.sub(field, 1, 3) == 'ua:' and in_day(number, field, now) == 0 then
      redis.call('HDEL', number, field)
    end
  end
  table.sort(devices, function(a, b) return a[1] > b[1] or a[1] == b[1] and a[2] > b[2] end)
  for i = most + 1, #devices do redis.call('HDEL', number, devices[i][2]) end
end

-- Whether a number receives nothing at all: by an operator's block, or because its holder was sent too much unasked.
local function blocked(number, now)
  local partition, hash = string.match(number, '^({p:%d+}):n:[^:]*:([^:]+)$')
  return tonumber(redis.call('GET', partition .. ':b:' .. hash) or 0) > now
    or tonumber(redis.call('HGET', number, 'stop') or 0) > now
end

-- Whether a report of the number's holder bars whoever is named.
local function barred(number, starter, now)
  return starter ~= '' and tonumber(redis.call('HGET', number, 'b:' .. starter) or 0) > now
end

-- Answers `code`, the challenge's id, and what it is rendered from; the last item counts its number's wrong codes.
local function answer(code, key, now)
  local view = redis.call('HMGET', key, unpack(VIEW))
  view[18] = in_day(view[18] .. ':' .. view[17], 'wrong', now)
  return {code, string.sub(key, -24), unpack(view)}
end

local function outcome(stream, kind, now, challenge, key, detail)
  local c = redis.call('HMGET', key, 'p', 's', 'u', 'lk', 'pv')
  redis.call('XADD', stream, '*', 'k', kind, 't', whole(now), 'c', challenge, 'p', c[1] or '', 's', c[2] or '',
    'u', c[3] or '', 'lk', c[4] or '', 'pv', c[5] or '', 'd', detail or '')
end
