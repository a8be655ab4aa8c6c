-- How many live records clusters own. ARGV: shards, cluster...
local refusal = unusable(true, true)
if refusal then return answer(refusal, floor, {}) end

local counts = {}
for i = 2, #ARGV do counts[i - 1] = number(redis.call('SCARD', own_key(ARGV[i]))) end
return answer('ok', floor, counts)
