-- Shared by the scripts of the delivery worker, after prelude.lua.

-- Whether the caller still holds the partition: the fence changes with every change of hands.
local function holds(lease, fence)
  return redis.call('HGET', lease, 'f') == fence
end

-- Tells of a message. A notice belongs to no challenge and is named in the detail instead.
local function tell(outcomes, kind, now, id, record, detail)
  if redis.call('HEXISTS', record, 'tm') == 1 then
    local name = 'notices/' .. id
    outcome(outcomes, kind, now, '', record, detail and detail ~= '' and name .. ':' .. detail or name)
  else
    outcome(outcomes, kind, now, id, record, detail)
  end
end
