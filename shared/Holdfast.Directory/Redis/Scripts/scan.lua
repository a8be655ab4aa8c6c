-- One page of all records, tombstones too. ARGV: shards, cursor, count.
-- Answers the next cursor and the page as grain, record, grain, record, ...
local refusal = unusable(true, true)
if refusal then return answer(refusal, floor, '0', {}) end

local scanned = redis.call('HSCAN', rec_key, ARGV[2], 'COUNT', ARGV[3])
return answer('ok', floor, scanned[1], scanned[2])
