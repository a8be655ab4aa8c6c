-- installGrant: from now on the election writes here under this token only. ARGV: shards, election, token.
local election, token = ARGV[2], ARGV[3]
local refusal = unusable(false)
if refusal then return answer(refusal) end
if token < floor then return answer('belowFloor', floor) end
local installed = grant_of(election)
if token < installed then return answer('grantSuperseded', installed) end
if token > installed then
    redis.call('HSET', prefix .. 'grant:' .. string.match(election, '^[^/]+'), election, token)
end
return answer('ok')
