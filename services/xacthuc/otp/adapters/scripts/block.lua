-- Bars a number for all platforms until a time. KEYS block, outcomes   ARGV now, until ms, source, actor
local now, till, source, actor = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
redis.call('SET', KEYS[1], whole(till), 'PX', whole(math.max(till - now, 1)))
redis.call('XADD', KEYS[2], '*', 'k', 'ADMINISTERED', 't', whole(now), 'c', '', 'p', '', 's', '', 'u', '', 'lk', '',
  'pv', '', 'd', 'block:' .. source, 'ac', actor)
return 1
