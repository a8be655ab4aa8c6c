-- trimOutbox: forgets announced changes up to a sequence, inclusive. ARGV: shards, election, token, up to.
local refusal, bound = refused(ARGV[2], ARGV[3])
if refusal then return answer(refusal, bound) end

if redis.call('EXISTS', out_key) == 1 then
    redis.call('XTRIM', out_key, 'MINID', '=', ARGV[4] .. '-1')
    -- The oldest entry left says how many bytes were written before it.
    local oldest = redis.call('XRANGE', out_key, '-', '+', 'COUNT', 1)[1]
    local before = oldest and tonumber(oldest[2][8] or '')
    redis.call('HSET', KEYS[1], 'outTrimmed', before and number(before) or redis.call('HGET', KEYS[1], 'outBytes'))
end
return answer('ok')
