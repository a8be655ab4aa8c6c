-- trimOutbox: forgets announced changes up to a sequence, inclusive. ARGV: shards, election, token, up to.
local refusal = unusable(false)
if refusal then return answer(refusal) end
local installed = grant_of(ARGV[2])
if installed ~= ARGV[3] then return answer('grantSuperseded', installed) end

if redis.call('EXISTS', out_key) == 1 then
    redis.call('XTRIM', out_key, 'MINID', '=', ARGV[4] .. '-1')
    -- The oldest entry left says how many bytes were written before it.
    local oldest = redis.call('XRANGE', out_key, '-', '+', 'COUNT', 1)[1]
    local before = oldest and tonumber(oldest[2][8] or '')
    redis.call('HSET', KEYS[1], 'outTrimmed', before and number(before) or redis.call('HGET', KEYS[1], 'outBytes'))
end
return answer('ok')
