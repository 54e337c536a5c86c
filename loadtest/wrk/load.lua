-- PUT each of KEYS keys once, then stop:
--   wrk -t1 -s load.lua URL -- DIRECTORY KEYS VALUE_BYTES KEYS_PER_DIRECTORY
-- KEYS_PER_DIRECTORY 0 puts all of them into DIRECTORY itself. Writes "loaded N" every 10,000
-- answers and "finished N errors E" after the last. wrk itself sleeps on to the end of its
-- duration: interrupt it then.
function init(args)
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  directory, keys, per_directory = args[1], tonumber(args[2]), tonumber(args[4])
  body = "value=" .. string.rep("x", tonumber(args[3]))
  asked, answered, errors = 0, 0, 0
end

local function path(i)
  if per_directory == 0 then
    return string.format("/v2/keys/%s/k%d", directory, i)
  end
  return string.format("/v2/keys/%s/d%d/k%d", directory, math.floor(i / per_directory), i)
end

function request()
  local i = asked % keys
  asked = asked + 1
  return wrk.format("PUT", path(i), nil, body)
end

function response(status)
  answered = answered + 1
  if status >= 300 then errors = errors + 1 end
  if answered % 10000 == 0 then
    io.write("loaded ", answered, "\n")
    io.flush()
  end
  -- The last of them may still be asked: wait for one window of connections (64) more.
  if answered == keys + 64 then
    io.write("finished ", answered, " errors ", errors, "\n")
    io.flush()
    wrk.thread:stop()
  end
end
