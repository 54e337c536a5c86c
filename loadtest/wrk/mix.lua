-- Quorum GETs and PUTs, at random and half each: wrk -s mix.lua URL -- KEYS VALUE_BYTES
function init(args)
  local keys = tonumber(args[1])
  local form = { ["Content-Type"] = "application/x-www-form-urlencoded" }
  local body = "value=" .. string.rep("x", tonumber(args[2]))
  requests = {}
  for i = 1, keys do
    requests[i] = wrk.format("GET", "/v2/keys/bench/k" .. (i - 1) .. "?quorum=true")
    requests[keys + i] = wrk.format("PUT", "/v2/keys/bench/k" .. (i - 1), form, body)
  end
end

function request()
  return requests[math.random(#requests)]
end
