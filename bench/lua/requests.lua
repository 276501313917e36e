-- wrk script: sends the requests listed in a file, one "path" or "path<TAB>Range" a line, in turn, and prints the outcome as JSON.
-- Arguments after `--`: the file, then header names and values in pairs.
local requests = {}

local function headers_from(args)
  local headers = {}
  for i = 2, #args, 2 do
    headers[args[i]] = args[i + 1]
  end
  return headers
end

function init(args)
  local headers = headers_from(args)
  local lines = {}
  for line in io.lines(args[1]) do
    lines[#lines + 1] = line
  end
  if #lines == 1 and not lines[1]:find("\t") then
    -- One fixed request: wrk then never enters Lua while it measures.
    wrk.path = lines[1]
    for name, value in pairs(headers) do
      wrk.headers[name] = value
    end
    return
  end
  for i, line in ipairs(lines) do
    local path, range = line:match("^(%S+)\t(.+)$")
    headers["Range"] = range
    requests[i] = wrk.format("GET", path or line, headers)
  end
  local turn = 0
  function request()
    turn = turn % #requests + 1
    return requests[turn]
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%.6f,"bytes":%.0f,"refused":%d,"broken":%d,"p50":%.3f,"p99":%.3f,"p999":%.3f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3))
end
