-- Lets a subject pass until a time; a time that is past ends it. KEYS subject   ARGV now, tolerance, slots, until ms
local now, tolerance, life, till = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local fault = clock_error(now, tolerance)
if fault then return fault end
local ledger = guard_read(KEYS[1], life, now)
ledger.exempt, ledger.rolled = till, true
redis.call('HSET', KEYS[1], 'ex', whole(till))
guard_write(ledger, now)
return 1
