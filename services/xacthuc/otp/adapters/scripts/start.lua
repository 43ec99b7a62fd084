-- Starts a challenge: the number's limits, the challenge, the hand-over to delivery and the outcome, in one step.
-- A challenge that exists is answered as it stands: the caller gives a repeated request the id of the first try.
-- KEYS challenge, number, delivery, outcomes
local challenge, number, delivery, outcomes = unpack(KEYS)
local now, tolerance, id, platform, purpose, subject, sealed, masked, locale, brand, channel, account, device, address,
  captcha, limits, trace, ttl, ceiling, gap, rule, strangers, known_device_ms, keep, partition, operator, autofill,
  prefix, guard = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end

local owner = redis.call('HGET', challenge, 'p')
if owner then return owner == platform and answer('S', challenge, now) or {'B'} end

local known = known_device(number, device, now, known_device_ms)
if blocked(number, now) or barred(number, account, now) or barred(number, device, now) then return {'B'} end
-- Thousands share an address behind a carrier's translation: a person who proves to be one, or to be known, passes.
if not known and captcha ~= '1' and barred(number, address, now) then return {'L', '0'} end

guard = guard_passed(guard, captcha == '1', known, number, now)
if not guard then return {'G'} end

-- A known device draws on its own allowance first; a solved CAPTCHA opens one for each account that solves it;
-- strangers share the last. What strangers get together is bounded, so that no number can be flooded.
local pools = {}
if known then pools[1] = 'd' .. device end
if captcha == '1' then pools[#pools + 1] = 'k' .. account end
pools[#pools + 1] = 'c'
local pool, soonest
for _, candidate in ipairs(pools) do
  local retry_at = pool_spend(number, candidate, rule, strangers, 1, now)
  if not retry_at then
    pool = candidate
    break
  end
  soonest = math.min(soonest or retry_at, retry_at)
end
if not pool then return {'L', whole(soonest)} end

local expire = now + math.min(tonumber(ttl), tonumber(ceiling))
local next_send = tonumber(gap) > 0 and now + tonumber(gap) or 0
-- The phone's own network is asked by the check: no code goes out before the person asks for one, at any time.
local silent = channel == NETWORK
if silent then next_send = now end
redis.call('HSET', challenge, 'p', platform, 'u', purpose, 's', subject, 'n', sealed, 'm', masked, 'l', locale,
  'b', brand, 'ch', channel, 'st', 'P', 'cr', whole(now), 'ex', whole(expire), 'ns', whole(next_send), 'sn', silent and 0 or 1,
  'w', 0, 'nk', number, 'po', pool, 'dv', device, 'lk', limits, 'sr', table.concat({account, device, address}, ','),
  'ds', silent and '' or 'Q', 'dq', silent and 0 or whole(now), 'tp', trace, 'op', operator, 'af', autofill, 'px', prefix)
if silent then redis.call('HSET', challenge, 'na', 0) end
if against_block(guard) then redis.call('HSET', challenge, 'gb', 1) end
redis.call('PEXPIRE', challenge, keep)
if not silent then
  remember(number, id, challenge)
  redis.call('XADD', delivery, '*', 'c', id, 'n', 1, 'ch', channel, 't', whole(now))
  redis.call('PUBLISH', 'wake', partition)
end
outcome(outcomes, 'STARTED', now, id, challenge, nil, nil, guard)
return answer('S', challenge, now)
