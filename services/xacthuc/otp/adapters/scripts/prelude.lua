-- Shared by the scripts of the service, after the functions of libs/xacthuc/valkey and libs/xacthuc/ratelimit. The
-- pure counterparts are services/xacthuc/otp/domain.

local VIEW = {'u', 's', 'm', 'st', 'ch', 'cr', 'ex', 'ns', 'sn', 'w', 'ds', 'dq', 'dt', 'dd', 'p', 'pv', 'po', 'nk'}

-- Numbers of Challenge.Channel.
local SMS, NETWORK = '1', '4'

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

-- Whether an operator lets a number pass whatever would keep codes from it. Looked up only when something would.
local function passes(number, now)
  local partition, hash = string.match(number, '^({p:%d+}):n:[^:]*:([^:]+)$')
  return tonumber(redis.call('GET', partition .. ':ok:' .. hash) or 0) > now
end

-- Whether a number receives nothing at all: by an operator's block, or because its holder was sent too much unasked.
local function blocked(number, now)
  local partition, hash = string.match(number, '^({p:%d+}):n:[^:]*:([^:]+)$')
  local held = tonumber(redis.call('GET', partition .. ':b:' .. hash) or 0) > now
    or tonumber(redis.call('HGET', number, 'stop') or 0) > now
  return held and not passes(number, now)
end

-- Whether a report of the number's holder bars whoever is named.
local function barred(number, starter, now)
  return starter ~= '' and tonumber(redis.call('HGET', number, 'b:' .. starter) or 0) > now and not passes(number, now)
end

-- Spends from one pool of a number, and from what strangers share unless a known device's is the pool. Returns nothing;
-- or when it could be spent, having spent nothing. Without a cost it tells whether anything bars the pool.
local function pool_spend(number, pool, rule, strangers, cost, now)
  local own, all = limit_read(number .. ':' .. pool, now), nil
  local cause, retry_at = limit_spend(own, limit_rule(rule), cost)
  if not cause and string.sub(pool, 1, 1) ~= 'd' then
    all = limit_read(number .. ':s', now)
    cause, retry_at = limit_spend(all, limit_rule(strangers), cost)
  end
  if cause then return retry_at end
  limit_write(own)
  if all then limit_write(all) end
end

-- Puts a challenge among the latest five whose codes the number's holder may report as not asked for, for as long as it
-- is kept itself.
local function remember(number, id, challenge)
  local ids = id
  for older in string.gmatch(redis.call('HGET', number, 'ids') or '', '[^,]+') do
    if #ids < 5 * 24 then ids = ids .. ',' .. older end
  end
  redis.call('HSET', number, 'ids', ids)
  outlive(number, redis.call('PTTL', challenge))
end

-- Whether a device verified the number, and that so lately that it still has an allowance of its own.
local function known_device(number, device, now, known_device_ms)
  return device ~= '' and tonumber(redis.call('HGET', number, 'k:' .. device) or 0) + tonumber(known_device_ms) > now
end

-- What the record of a message keeps of the fraud guard's word, or nothing where a proof of a person is still asked for: a
-- solved CAPTCHA, and just as good a device that verified the number, or an operator's word.
local function guard_passed(guard, captcha, known, number, now)
  if string.sub(guard, 1, 1) ~= 'C' or captcha then return guard end
  if known or passes(number, now) then return 'R' .. string.sub(guard, 2) end
end

-- Whether the guard holds a message against its block alone: GuardDecision.against_block.
local function against_block(guard) return string.match(guard, '^[RCE] prefix:') ~= nil end

-- Answers `code`, the challenge's id, and what it is rendered from; the last item counts its number's wrong codes.
local function answer(code, key, now)
  local view = redis.call('HMGET', key, unpack(VIEW))
  view[18] = in_day(view[18] .. ':' .. view[17], 'wrong', now)
  return {code, string.sub(key, -24), unpack(view)}
end

-- The verdict of a check that needs no looking at: it was given before, or nothing can be checked any more.
local function decided(seen, state, expire, pool, now, daily)
  if seen then return seen end
  if state == 'V' then return 'A' end
  if state ~= 'P' then return state end
  if now >= tonumber(expire) then return 'E' end
  if in_day(pool, 'wrong', now) >= daily then return 'X' end
end

-- `cost` is what a message was paid, `guard` what the fraud guard said of it; both are left out where there is none.
-- `operator` confirmed a number, or not, whatever became of the challenge's messages. Of a number that is out of use the
-- number itself goes along, sealed: whoever stands on another one by now is not concerned. What is traced has its trace (`tp`).
local function outcome(stream, kind, now, challenge, key, detail, cost, guard, operator)
  local c = redis.call('HMGET', key, 'p', 's', 'u', 'lk', 'pv', 'ch', 'op', 'px', 'dq', 'dt', 'cr', 'sn', 'gb', 'tp')
  if operator then c[5], c[6] = operator, NETWORK end
  local told = {'k', kind, 't', whole(now), 'c', challenge, 'p', c[1] or '', 's', c[2] or '',
    'u', c[3] or '', 'lk', c[4] or '', 'pv', c[5] or '', 'd', detail or '', 'ch', c[6] or '0', 'op', c[7] or '',
    'px', c[8] or '', 'co', cost or '0', 'g', guard or '', 'dq', c[9] or '', 'dt', c[10] or '', 'cr', c[11] or '',
    'sn', c[12] or '', 'gb', c[13] or ''}
  if detail == 'number_inactive' and challenge ~= '' then
    told[#told + 1], told[#told + 2] = 'n', redis.call('HGET', key, 'n') or ''
  end
  if c[14] and c[14] ~= '' then
    told[#told + 1], told[#told + 2] = 'tp', c[14]
  end
  redis.call('XADD', stream, '*', unpack(told))
end
