-- Lifts everything that keeps codes from a number: its block, its stop and bars, and its allowances; and lets it pass
-- what would keep them from it until a time.
-- KEYS block, number, pass, outcomes   ARGV now, platform, reason, passes until ms (0 for not at all), actor
local block, number, pass, outcomes = unpack(KEYS)
local now, platform, reason, till, actor = tonumber(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5]
redis.call('DEL', block)
if till > now then redis.call('SET', pass, whole(till), 'PX', whole(till - now)) end
local fields = redis.call('HKEYS', number)
local pools = {number .. ':c', number .. ':s'}
for _, field in ipairs(fields) do
  local kind = string.sub(field, 1, 2)
  if kind == 'b:' or kind == 'ua' or field == 'stop' or field == 'u' then redis.call('HDEL', number, field) end
  if kind == 'k:' then pools[#pools + 1] = number .. ':d' .. string.sub(field, 3) end
end
redis.call('DEL', unpack(pools))
local detail = 'unblock:' .. reason
if till > now then detail = 'pass_until_' .. whole(till) .. ':' .. reason end
redis.call('XADD', outcomes, '*', 'k', 'ADMINISTERED', 't', whole(now), 'c', '', 'p', platform, 's', '', 'u', '',
  'lk', '', 'pv', '', 'd', detail, 'ac', actor)
return 1
