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

-- An older version opened the shard, in this process: from here on it is known by its line, too.
if opened_line == '' then redis.call('HSET', KEYS[1], 'line', line_id(), 'since', number(seq)) end
return answer('ok')
