-- Gives back what a message was paid and did not use, once. What was paid yesterday is not money of today.
-- KEYS account, charge
-- Returns 1 when it was given back, 0 when there was nothing to give.
local account, charge = unpack(KEYS)
local kept = redis.call('GET', charge)
if not kept then return 0 end
redis.call('DEL', charge)
local budget, day, cost = string.match(kept, '^(%l) (%d+) (%d+)$')
if cost ~= '0' and redis.call('HGET', account, budget .. ':day') == day then
  redis.call('HINCRBY', account, budget .. ':spent', '-' .. cost)
end
return 1
