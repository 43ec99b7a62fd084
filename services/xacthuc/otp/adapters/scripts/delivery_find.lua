-- Returns whom a receipt is for, or keeps it until that is known. KEYS link   ARGV receipt, keep ms
local target = redis.call('HGET', KEYS[1], 'to')
if target then return target end
-- Delivered is the last word, in whatever order receipts come.
local kept = redis.call('HGET', KEYS[1], 'rc')
if not kept or string.sub(kept, 1, 1) ~= 'D' then redis.call('HSET', KEYS[1], 'rc', ARGV[1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return false
