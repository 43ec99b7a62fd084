-- Sends the same code again: the ladder of the challenge and the allowance of its number are spent before the send.
-- KEYS challenge, delivery, outcomes
-- ARGV now, tolerance, id, platform, request, channel, ttl, ceiling, rule, strangers, others from, known device ms,
--      partition, guard, gaps...
local challenge, delivery, outcomes = unpack(KEYS)
local now, tolerance, id, platform, request, channel, ttl, ceiling, rule, strangers, others_from, known_device_ms,
  partition, guard = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end

local c = redis.call('HMGET', challenge, 'p', 'st', 'ex', 'sn', 'ns', 'cr', 'po', 'nk', 'ch', 'q:r:' .. request, 'sr', 'lk')
if c[1] ~= platform then return {'N'} end
if c[10] then
  if c[10] ~= channel then return {'R'} end
  return answer('S', challenge, now)
end
if c[2] ~= 'P' or now >= tonumber(c[3]) then return answer('E', challenge, now) end
if blocked(c[8], now) then return {'B'} end
local account, device = string.match(c[11], '^([^,]*),([^,]*)')
if barred(c[8], account, now) or barred(c[8], device, now) then return {'B'} end
local sends, gaps = tonumber(c[4]), #ARGV - 14
if sends > gaps then return {'L'} end
-- Before the first code every channel is on offer: there is none yet to stay with.
if channel ~= '' and channel ~= c[9] and sends > 0 and sends + 1 < tonumber(others_from) then return {'O'} end
if now < tonumber(c[5]) then return {'T', c[5]} end
-- The guard was not asked at a silent start, which sent nothing: its first code needs what a start with a code needs.
if sends == 0 then
  local solved = string.find(c[12], '~captcha', 1, true) ~= nil
  guard = guard_passed(guard, solved, known_device(c[8], device, now, known_device_ms), c[8], now)
  if not guard then return {'G'} end
end
-- What it costs the number was spent by that start.
local retry_at = pool_spend(c[8], c[7], rule, strangers, sends > 0 and 1 or 0, now)
if retry_at then return {'M', whole(retry_at)} end
if sends == 0 then remember(c[8], id, challenge) end

local next_send = sends < gaps and now + tonumber(ARGV[15 + sends]) or 0
local used = channel ~= '' and channel or c[9]
if used == NETWORK then used = SMS end
local expire = math.min(tonumber(c[6]) + tonumber(ceiling), now + tonumber(ttl))
redis.call('HSET', challenge, 'sn', sends + 1, 'ex', whole(expire), 'ns', whole(next_send), 'ch', used, 'ds', 'Q',
  'dq', whole(now), 'q:r:' .. request, channel)
if against_block(guard) then redis.call('HINCRBY', challenge, 'gb', 1) end
redis.call('HDEL', challenge, 'dt', 'dd')
redis.call('XADD', delivery, '*', 'c', id, 'n', sends + 1, 'ch', used, 't', whole(now))
redis.call('PUBLISH', 'wake', partition)
outcome(outcomes, 'RESENT', now, id, challenge, nil, nil, guard)
return answer('S', challenge, now)
