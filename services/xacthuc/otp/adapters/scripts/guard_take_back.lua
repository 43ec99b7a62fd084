-- Forgets a message that was counted and not sent. KEYS subject   ARGV now, tolerance, slots in flight, its slot
local now, tolerance, life, slot = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local fault = clock_error(now, tolerance)
if fault then return fault end
local ledger = guard_read(KEYS[1], life, now)
local pair = ledger.young[slot]
if pair and pair[1] > 0 then pair[1] = pair[1] - 1 end
guard_write(ledger, now)
return 0
