-- Moves the cursor of the fold on and drops outcomes that are older than they are kept.
-- KEYS lease, cursor, outcomes   ARGV fence, entry ('' to leave the cursor), oldest ms kept
local lease, cursor, outcomes = unpack(KEYS)
local fence, entry, oldest = unpack(ARGV)
if not holds(lease, fence) then return 0 end
if entry ~= '' then redis.call('SET', cursor, entry) end
-- Nothing is trimmed that was not folded: the cursor is younger, or the fold is days behind.
local folded = redis.call('GET', cursor)
if folded and tonumber(string.match(folded, '^%d+')) > tonumber(oldest) then
  redis.call('XTRIM', outcomes, 'MINID', oldest)
end
return 1
