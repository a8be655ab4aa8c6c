-- history: what happened to a grain, newest first. ARGV: shards, grain, newest id to read, most entries to read.
-- Answers the id to go on before (empty at the end), then seq, header and line of each change that names the grain.
local refusal = unusable(false)
if refusal then return answer(refusal, floor, '', {}) end

local grain, found, last = ARGV[2], {}, ''
local wanted = '\n' .. grain

-- Where the line of the grain begins: its name is the whole of the line, or ends at a tab.
local function find_line(payload)
    local at, stop = find(payload, wanted, 1, true)
    while at and not find(payload, '^[\t\n]', stop + 1) and stop < #payload do
        at, stop = find(payload, wanted, stop, true)
    end
    return at, stop
end

local entries = redis.call('XREVRANGE', hist_key, ARGV[3], '-', 'COUNT', ARGV[4])
for _, entry in ipairs(entries) do
    local payload = entry[2][2]
    local at, stop = find_line(payload)
    if at then
        -- A line that is a name says for the rest what the nearest line before it says that has a rest.
        local rest = string.match(payload, '^\t[^\n]*', stop + 1)
            or string.match(sub(payload, 1, at - 1), '.*\n[^\t\n]*(\t[^\n]*)') or ''
        found[#found + 1] = string.match(entry[1], '^%d+')
        found[#found + 1] = string.match(payload, '^[^\n]*')
        found[#found + 1] = grain .. rest
    end
    last = entry[1]
end
if #entries < tonumber(ARGV[4]) then last = '' end
return answer('ok', floor, last, found)
