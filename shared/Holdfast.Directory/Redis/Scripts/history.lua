-- history: what happened to a grain, newest first. ARGV: shards, grain, newest id to read, most entries to read.
-- Answers the id to go on before (empty at the end), then seq, header and line of each change that names the grain.
local refusal = unusable(false)
if refusal then return answer(refusal, floor, '', {}) end

local wanted, found, last = '\n' .. ARGV[2] .. '\t', {}, ''
local entries = redis.call('XREVRANGE', hist_key, ARGV[3], '-', 'COUNT', ARGV[4])
for _, entry in ipairs(entries) do
    local payload = entry[2][2]
    local at = string.find(payload, wanted, 1, true)
    if at then
        local stop = string.find(payload, '\n', at + 1, true) or #payload + 1
        found[#found + 1] = string.match(entry[1], '^%d+')
        found[#found + 1] = string.sub(payload, 1, string.find(payload, '\n', 1, true) - 1)
        found[#found + 1] = string.sub(payload, at + 1, stop - 1)
    end
    last = entry[1]
end
if #entries < tonumber(ARGV[4]) then last = '' end
return answer('ok', floor, last, found)
