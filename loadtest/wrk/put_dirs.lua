-- PUT to random keys, ten in each directory: wrk -s put_dirs.lua URL -- KEYS VALUE_BYTES
function init(args)
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  local body = "value=" .. string.rep("x", tonumber(args[2]))
  requests = {}
  for i = 1, tonumber(args[1]) do
    local path = string.format("/v2/keys/bench/d%d/e%d/k%d", i % 10, math.floor(i / 10), i)
    requests[i] = wrk.format("PUT", path, nil, body)
  end
end

function request()
  return requests[math.random(#requests)]
end
