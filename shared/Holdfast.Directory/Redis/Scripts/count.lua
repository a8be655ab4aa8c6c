-- How many live records clusters own: those that are asked about, and others that own something, by name.
-- ARGV: shards, most others, cluster...
local refusal = unusable(true, true)
if refusal then return answer(refusal, floor, {}, {}) end

local counts, asked, others = {}, {}, {}
for i = 3, #ARGV do
    counts[i - 2] = number(redis.call('SCARD', own_key(ARGV[i])))
    asked[ARGV[i]] = true
end

-- The meta names every cluster that owns something here; fields come before their values.
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
    if #others >= 2 * tonumber(ARGV[2]) then break end
    local cluster = string.match(fields[i], '^own:(.+)$')
    if cluster and not asked[cluster] then
        local owned = redis.call('SCARD', own_key(cluster))
        if owned > 0 then others[#others + 1], others[#others + 2] = cluster, number(owned) end
    end
end
return answer('ok', floor, counts, others)
