-- Refuses what a request does not have: a field unknown to the contract is an error of the caller's, or somebody's attempt
-- to leave something here that nobody asked for, such as a picture (R11). Envoy's transcoder drops such a field silently.
--
-- METHODS, TYPES and ENUMS are set in front of this (libs/xacthuc/httpapi/fields.py). It reads JSON no more freely than
-- RFC 8259, and names no value in what it answers: what was sent may be personal.

local DEEPEST = 16
local SPACE = "^[ \t\r\n]*()"
local NUMBER = "^%-?%d+%.?%d*[eE]?[+%-]?%d*()"
local KINDS = { s = "a string", n = "a number", b = "true or false", e = "the name of a value", m = "an object" }

local value

local function refuse(field, why)
  error({ field = field, why = why }, 0)
end

local function after_space(text, at)
  return text:match(SPACE, at)
end

-- Returns what stands between the quotes, as it is written, and the place behind them.
local function quoted(text, at, field)
  local from = at + 1
  local place = from
  while true do
    local found = text:find('["\\%c]', place)
    local sign = found and text:sub(found, found)
    if sign == '"' then
      return text:sub(from, found - 1), found + 1
    elseif sign == "\\" then
      place = found + 2
    else
      refuse(field, "is a string that does not end, or that holds a control character")
    end
  end
end

local function member(field, key)
  return field == "" and key or field .. "." .. key
end

local function object(text, at, type, field, depth)
  local fields, seen = TYPES[type], {}
  at = after_space(text, at + 1)
  if text:sub(at, at) == "}" then
    return at + 1
  end
  while true do
    if text:sub(at, at) ~= '"' then
      refuse(field, "is not JSON: the name of a field in double quotes is missing")
    end
    local key, behind = quoted(text, at, field)
    local known = fields[key]
    if not known then
      local told = key:match("^%a[%w_%-]*$") and #key <= 64 and key or "*"
      refuse(member(field, told), "is no field of " .. type:match("[%w]+$"))
    end
    local spelled = key:gsub("_", ""):lower() -- a field has two names, phoneNumber and phone_number
    if seen[spelled] then
      refuse(member(field, key), "stands there twice")
    end
    seen[spelled] = true
    at = after_space(text, behind)
    if text:sub(at, at) ~= ":" then
      refuse(member(field, key), "is not JSON: there is no colon behind the name")
    end
    at = value(text, after_space(text, at + 1), known, member(field, key), depth)
    at = after_space(text, at)
    local sign = text:sub(at, at)
    if sign == "}" then
      return at + 1
    elseif sign ~= "," then
      refuse(field, "is not JSON: there is neither a comma nor a closing brace")
    end
    at = after_space(text, at + 1)
  end
end

local function list(text, at, kind, field, depth)
  local one, index = { kind[1], kind[2] }, 0
  at = after_space(text, at + 1)
  if text:sub(at, at) == "]" then
    return at + 1
  end
  while true do
    at = after_space(text, value(text, at, one, field .. "[" .. index .. "]", depth))
    local sign = text:sub(at, at)
    if sign == "]" then
      return at + 1
    elseif sign ~= "," then
      refuse(field, "is not JSON: there is neither a comma nor a closing bracket")
    end
    at, index = after_space(text, at + 1), index + 1
  end
end

function value(text, at, kind, field, depth)
  if depth > DEEPEST then
    refuse(field, "lies too deep")
  end
  local sign = text:sub(at, at)
  if kind[3] then
    if sign ~= "[" then
      refuse(field, "must be a list")
    end
    return list(text, at, kind, field, depth + 1)
  elseif sign == "{" and kind[1] == "m" then
    return object(text, at, kind[2], field, depth + 1)
  elseif sign == '"' and kind[1] == "e" then
    local name, behind = quoted(text, at, field)
    if not ENUMS[kind[2]][name] then
      refuse(field, "is no value of " .. kind[2])
    end
    return behind
  elseif sign == '"' and (kind[1] == "s" or kind[1] == "n") then
    local _, behind = quoted(text, at, field)
    return behind
  elseif sign:find("[%d%-]") and (kind[1] == "n" or kind[1] == "e") then
    return text:match(NUMBER, at) or refuse(field, "is not a number")
  elseif kind[1] == "b" and text:sub(at, at + 3) == "true" then
    return at + 4
  elseif kind[1] == "b" and text:sub(at, at + 4) == "false" then
    return at + 5
  end
  refuse(field, "must be " .. KINDS[kind[1]] .. "; leave out what is not there")
end

local function check(text, type)
  local at = after_space(text, 1)
  if text:sub(at, at) ~= "{" then
    refuse("", "the body must be one JSON object")
  end
  at = after_space(text, object(text, at, type, "", 1))
  if at <= #text then
    refuse("", "something follows the end of the JSON object")
  end
end

local function answer(handle, status, body, allow)
  handle:streamInfo():dynamicMetadata():set("envoy.filters.http.lua", "whole", true)
  handle:respond({ [":status"] = status, ["content-type"] = "application/json", allow = allow }, body)
end

local TYPE = "type.googleapis.com/google.rpc."
local INFO = '{"@type":"' .. TYPE .. 'ErrorInfo","reason":"%s","domain":"edge.xacthuc","metadata":{}}'
local FAULTY = '{"code":3,"message":"%s","details":[' .. INFO .. ',{"@type":"' .. TYPE
  .. 'BadRequest","fieldViolations":[{"field":"%s","description":"%s","reason":"%s"}]}]}'
local LOST = '{"code":%d,"message":"%s; the paths are those of /openapi.json.","details":[' .. INFO .. "]}"

function envoy_on_request(handle)
  local headers = handle:headers()
  local media = headers:get("content-type") or ""
  if media:lower():find("application/grpc", 1, true) == 1 then
    return
  end
  -- What differs between two paths of one method is its second part: /v1/challenges/*:checkCode.
  local path = headers:get(":path"):match("^[^?]*")
  local verbs = METHODS[path] or METHODS[path:gsub("^(/v1/%a+/)[^/:]+", "%1*")]
  if not verbs then
    return answer(handle, "404", LOST:format(5, "No method has this path", "PATH_UNKNOWN"))
  end
  local type = verbs[headers:get(":method")]
  if not type then
    local allow = verbs.GET and verbs.POST and "GET, POST" or verbs.GET and "GET" or "POST"
    return answer(handle, "405", LOST:format(12, "This path is called by " .. allow, "VERB_REFUSED"), allow)
  elseif type == "" then
    return -- nothing but the address
  elseif media == "" then
    return answer(handle, "415", '{"code":3,"message":"Send application/json.","details":['
      .. INFO:format("CONTENT_TYPE_REFUSED") .. "]}")
  end
  local body = handle:body()
  if not body or body:length() == 0 then
    return -- the service says which fields are missing
  end
  local good, fault = pcall(check, body:getBytes(0, body:length()), type)
  if not good then
    local where = fault.field == "" and fault.why or fault.field .. ": " .. fault.why
    answer(handle, "400", FAULTY:format(where, "FIELDS_REFUSED", fault.field, fault.why, "REFUSED_BY_EDGE"))
  end
end
