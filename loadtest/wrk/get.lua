-- GET of random keys that load.lua has written to bench: wrk -s get.lua URL -- KEYS [QUERY]
function init(args)
  local query = args[2] and "?" .. args[2] or ""
  requests = {}
  for i = 1, tonumber(args[1]) do
    requests[i] = wrk.format("GET", "/v2/keys/bench/k" .. (i - 1) .. query)
  end
end

function request()
  return requests[math.random(#requests)]
end
