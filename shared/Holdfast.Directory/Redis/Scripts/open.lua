-- openShard: the only script that works without meta. ARGV: shards, election, token, gen, floor, and 1 after a
-- committed loss, whose token the floor is. Election and token say who asks; a floor above the opener's token is legal,
-- because it is the token of the entry that created the directory or told the loss. The run id is read here, so that it
-- is the one of the process that keeps it.
local is_loss, opened = ARGV[6] == '1', ARGV[5]
local run, process, since = runs()
if meta[1] then
    local refusal = unusable(true, true)
    if refusal then return answer(refusal, floor, run, process, since) end

    -- Each loss opens the shard once, whatever comes late or twice.
    local last = last_opening()
    if is_loss and opened < last then return answer('belowFloor', last, run, process, since) end
    if not is_loss or opened == last then return answer('ok', floor, run, process, since) end
end

-- Records without a meta are somebody else's, or what is left of a directory of ours that lost its meta: then its loss
-- is a fact in the log first.
if redis.call('HLEN', rec_key) > 0 and not meta[1] and not is_loss then
    return answer('wrongFormat', floor, run, process, since)
end

-- Entries of a stream only ever grow: where one is left over, the sequence goes on above it.
for _, stream in ipairs({ out_key, hist_key }) do
    local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
    if last then seq = math.max(seq, tonumber(string.match(last[1], '^%d+'))) end
end

gen, floor = ARGV[4], floor > opened and floor or opened
if not meta[1] then redis.call('HSET', KEYS[1], 'outBytes', '0', 'outTrimmed', '0') end
redis.call('HSET', KEYS[1], 'format', format, 'shards', ARGV[1], 'gen', gen, 'run', run_id(), 'line', line_id(),
    'seq', number(seq), 'since', number(seq),
    'floor', floor, 'opened', opened, 'window', is_loss and '1' or '0')
opened_run, opened_line = run_id(), line_id()
process = name_of(opened_run, opened_line)
return answer('ok', floor, process, process, number(seq))
