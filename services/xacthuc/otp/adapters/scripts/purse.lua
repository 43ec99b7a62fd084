-- Shared by the scripts of a platform's money. The pure counterpart is services/xacthuc/otp/domain/spending.py.

-- Reads a budget as it stands today: a new day starts with nothing spent, and a clock behind does not go back to
-- yesterday, or what was spent since midnight would be forgotten.
local function purse_read(account, budget, today)
  local found = redis.call('HMGET', account, budget .. ':day', budget .. ':spent', budget .. ':least')
  local day = tonumber(found[1] or 0)
  if today > day then return today, 0, 0 end
  return day, tonumber(found[2]), tonumber(found[3])
end

-- Whether a message of that price may still be sent: -1 is no cap, 0 lets nothing out.
local function purse_pays(cap, spent, cost)
  return cap < 0 or cap > 0 and spent + cost <= cap
end
