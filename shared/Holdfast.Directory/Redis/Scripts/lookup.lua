-- lookup: the record of each grain, or nothing. ARGV: shards, grain...
-- Answers for each grain its record, or empty.
local refusal = unusable(true, true)
if refusal then return answer(refusal) end

local records = redis.call('HMGET', rec_key, unpack(ARGV, 2))
for i, record in ipairs(records) do records[i] = record or '' end
return answer('ok', floor, records)
