-- Sends the same code again: the ladder of the challenge and the allowance of its number are spent before the send.
-- KEYS challenge, delivery, outcomes
-- ARGV now, tolerance, id, platform, request, channel, ttl, ceiling, rule, others from, partition, gaps...
local challenge, delivery, outcomes = unpack(KEYS)
local now, tolerance, id, platform, request, channel, ttl, ceiling, rule, others_from, partition = unpack(ARGV)
now = tonumber(now)
local fault = clock_error(now, tonumber(tolerance))
if fault then return fault end

local c = redis.call('HMGET', challenge, 'p', 'st', 'ex', 'sn', 'ns', 'cr', 'po', 'nk', 'ch', 'q:r:' .. request, 'sr')
if c[1] ~= platform then return {'N'} end
if c[10] then
  if c[10] ~= channel then return {'R'} end
  return answer('S', challenge, now)
end
if c[2] ~= 'P' or now >= tonumber(c[3]) then return answer('E', challenge, now) end
if blocked(c[8], now) then return {'B'} end
local account, device = string.match(c[11], '^([^,]*),([^,]*)')
if barred(c[8], account, now) or barred(c[8], device, now) then return {'B'} end
local sends, gaps = tonumber(c[4]), #ARGV - 11
if sends > gaps then return {'L'} end
if channel ~= '' and channel ~= c[9] and sends + 1 < tonumber(others_from) then return {'O'} end
if now < tonumber(c[5]) then return {'T', c[5]} end
local state = limit_read(c[8] .. ':' .. c[7], now)
local cause, retry_at = limit_spend(state, limit_rule(rule), 1)
if cause then return {'T', whole(retry_at)} end
limit_write(state)

local next_send = sends < gaps and now + tonumber(ARGV[12 + sends]) or 0
local used = channel ~= '' and channel or c[9]
local expire = math.min(tonumber(c[6]) + tonumber(ceiling), now + tonumber(ttl))
redis.call('HSET', challenge, 'sn', sends + 1, 'ex', whole(expire), 'ns', whole(next_send), 'ch', used, 'ds', 'Q',
  'dq', whole(now), 'q:r:' .. request, channel)
redis.call('HDEL', challenge, 'dt', 'dd')
redis.call('XADD', delivery, '*', 'c', id, 'n', sends + 1, 'ch', used, 't', whole(now))
redis.call('PUBLISH', 'wake', partition)
outcome(outcomes, 'RESENT', now, id, challenge)
return answer('S', challenge, now)
