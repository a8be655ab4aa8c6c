-- readOutbox: announced changes after a sequence, oldest first. ARGV: shards, after, most entries, most bytes.
-- Answers seq, event, payload, traceparent for each, then the process that the shard was opened on and this one. The
-- page ends with the entry that reaches the most bytes.
local refusal = unusable(false)
local run, process = runs()
if refusal then return answer(refusal, floor, {}, run, process) end

local step, bytes, found, page = 20, 0, 0, {}
local entries_max, bytes_max = tonumber(ARGV[3]), tonumber(ARGV[4])
local start = '(' .. ARGV[2] .. '-0'
while found < entries_max and bytes < bytes_max do
    local wanted = math.min(step, entries_max - found)
    local entries = redis.call('XRANGE', out_key, start, '+', 'COUNT', wanted)
    for _, entry in ipairs(entries) do
        local fields = entry[2]
        page[#page + 1] = string.match(entry[1], '^%d+')
        local payload = fields[4] or ''
        page[#page + 1], page[#page + 2], page[#page + 3] = fields[2], payload, fields[6] or ''
        bytes, found, start = bytes + #payload, found + 1, '(' .. entry[1]
        if bytes >= bytes_max then break end
    end
    if #entries < wanted then break end
end
return answer('ok', floor, page, run, process)
