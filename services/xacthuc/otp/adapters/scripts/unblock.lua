-- Lifts everything that keeps codes from a number: its block, its stop and bars, and its allowances.
-- KEYS block, number, outcomes   ARGV now, platform, reason
local block, number, outcomes = unpack(KEYS)
local now, platform, reason = tonumber(ARGV[1]), ARGV[2], ARGV[3]
redis.call('DEL', block)
local fields = redis.call('HKEYS', number)
local pools = {number .. ':c', number .. ':s'}
for _, field in ipairs(fields) do
  local kind = string.sub(field, 1, 2)
  if kind == 'b:' or field == 'stop' or field == 'u' or string.sub(field, 1, 2) == 'ua' then redis.call('HDEL', number, field) end
  if kind == 'k:' then pools[#pools + 1] = number .. ':d' .. string.sub(field, 3) end
end
redis.call('DEL', unpack(pools))
redis.call('XADD', outcomes, '*', 'k', 'ADMINISTERED', 't', whole(now), 'c', '', 'p', platform, 's', '', 'u', '',
  'lk', '', 'pv', '', 'd', 'unblock:' .. reason)
return 1
