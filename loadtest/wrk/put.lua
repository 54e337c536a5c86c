-- PUT to random keys of one directory: wrk -s put.lua URL -- KEYS VALUE_BYTES
function init(args)
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  local body = "value=" .. string.rep("x", tonumber(args[2]))
  requests = {}
  for i = 1, tonumber(args[1]) do
    requests[i] = wrk.format("PUT", "/v2/keys/bench/k" .. (i - 1), nil, body)
  end
end

function request()
  return requests[math.random(#requests)]
end
