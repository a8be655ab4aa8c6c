-- Raises the floor, below which no token counts any more. ARGV: shards, election, token, floor.
local refusal, bound = refused(ARGV[2], ARGV[3])
if refusal then return answer(refusal, bound) end
if ARGV[4] > floor then
    local opened = last_opening()
    floor, seq = ARGV[4], seq + 1
    redis.call('HSET', KEYS[1], 'floor', floor, 'opened', opened, 'seq', number(seq))
end
return answer('ok')
