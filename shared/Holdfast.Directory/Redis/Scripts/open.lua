-- openShard: the only script that works without meta. ARGV: shards, election, token, gen, floor.
-- Election and token say who asks; a floor above the opener's token is legal, because the floor is the token of the
-- entry that created the directory. The run id is read here, so that it is the one of the process that keeps it.
if meta[1] then return answer(unusable(true) or 'ok') end

gen, floor = ARGV[4], ARGV[5]

-- Entries of a stream only ever grow: where one is left over, the sequence goes on above it.
for _, stream in ipairs({ out_key, hist_key }) do
    local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
    if last then seq = math.max(seq, tonumber(string.match(last[1], '^%d+'))) end
end

local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
redis.call('HSET', KEYS[1], 'format', format, 'shards', ARGV[1], 'gen', gen, 'run', run, 'seq', number(seq),
    'floor', floor, 'window', '0', 'outBytes', '0', 'outTrimmed', '0')
return answer('ok')
