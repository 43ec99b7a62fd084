-- Pays for a message before it is sent, once for each charge, unless today's cap would be exceeded.
-- KEYS account, charge   ARGV now, tolerance, today, budget, cost, cap while none was set, keep ms of the charge
-- Returns 1 when it is paid, 0 when there is no money left for it.
local account, charge = unpack(KEYS)
local now, tolerance, today, budget, cost, cap, keep = unpack(ARGV)
local fault = clock_error(tonumber(now), tonumber(tolerance))
if fault then return fault end
if redis.call('EXISTS', charge) == 1 then return 1 end

local day, spent, least = purse_read(account, budget, tonumber(today))
cost = tonumber(cost)
local pays = purse_pays(tonumber(redis.call('HGET', account, budget .. ':cap') or cap), spent, cost)
if pays then
  spent = spent + cost
  redis.call('SET', charge, budget .. ' ' .. whole(day) .. ' ' .. whole(cost), 'PX', keep)
end
if cost > 0 and (least == 0 or cost < least) then least = cost end
redis.call('HSET', account, budget .. ':day', whole(day), budget .. ':spent', whole(spent), budget .. ':least',
  whole(least))
return pays and 1 or 0
