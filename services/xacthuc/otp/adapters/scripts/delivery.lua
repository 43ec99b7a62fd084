-- Shared by the scripts of the delivery worker, after prelude.lua.

-- Whether the caller still holds the partition: the fence changes with every change of hands.
local function holds(lease, fence)
  return redis.call('HGET', lease, 'f') == fence
end

-- Whether one more copy may be risked; delivery/domain/caps.py has the reasons and is the pure counterpart.
local function may_copy(copies, doubts, most_unexplained, most_copies)
  return copies - doubts < most_unexplained and copies < most_copies
end

-- Lists of providers are names with commas between them; a name is [a-z0-9_].
local function listed(list, name)
  return string.find(',' .. list .. ',', ',' .. name .. ',', 1, true) ~= nil
end

local function list_also(record, field, name)
  local list = redis.call('HGET', record, field) or ''
  if name ~= '' and not listed(list, name) then
    redis.call('HSET', record, field, list == '' and name or list .. ',' .. name)
  end
end

-- Under which name a message waits for its receipt among the deadlines.
local function awaited(id, send, provider)
  return id .. ' ' .. send .. ' ' .. provider
end

-- When a provider's copy was queued and sent, kept for its receipt.
local function times_of(record, send, provider)
  local times = redis.call('HGET', record, 'at:' .. send .. ':' .. provider)
  if times then return string.match(times, '^(%d+) (%d+)$') end
end

-- Has an outcome told as if its message were the last: receipts are about any. Fields without a value stay.
local function as_of(record, about, step)
  local fields, last = {'pv', 'ch', 'dq', 'dt'}, redis.call('HMGET', record, 'pv', 'ch', 'dq', 'dt')
  for at, name in ipairs(fields) do
    if about[name] then redis.call('HSET', record, name, about[name]) end
  end
  step()
  for at, name in ipairs(fields) do
    if last[at] then redis.call('HSET', record, name, last[at]) else redis.call('HDEL', record, name) end
  end
end

-- Tells of a message. A notice belongs to no challenge and is named in the detail instead.
local function tell(outcomes, kind, now, id, record, detail, cost)
  if redis.call('HEXISTS', record, 'tm') == 1 then
    local name = 'notices/' .. id
    outcome(outcomes, kind, now, '', record, detail and detail ~= '' and name .. ':' .. detail or name, cost)
  else
    outcome(outcomes, kind, now, id, record, detail, cost)
  end
end
