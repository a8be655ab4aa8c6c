-- confirmShard: Redis is another process, and lost nothing: the shard has the memory that the caller knew, and has come
-- at least as far. ARGV: shards, election, token, gen, seq.
local run, process = runs()
local refusal = unusable(true)
if refusal then return answer(refusal, floor, run, process) end
if ARGV[3] < floor then return answer('belowFloor', floor, run, process) end
if gen ~= ARGV[4] or seq < tonumber(ARGV[5]) then return answer('shardLost', floor, run, process) end
redis.call('HSET', KEYS[1], 'run', process)
return answer('ok', floor, process, process)
