-- confirmShard: Redis is another process, and lost nothing: the shard has the memory that the caller knew, and has come
-- at least as far. ARGV: shards, election, token, gen, seq.
local run, process, since = runs()
local refusal = unusable(true, true)
if refusal then return answer(refusal, floor, run, process, since) end
if ARGV[3] < floor then return answer('belowFloor', floor, run, process, since) end
if gen ~= ARGV[4] or seq < tonumber(ARGV[5]) then return answer('shardLost', floor, run, process, since) end
if run ~= process then
    since = number(seq)
    redis.call('HSET', KEYS[1], 'run', run_id(), 'line', line_id(), 'since', since)
end
return answer('ok', floor, process, process, since)
