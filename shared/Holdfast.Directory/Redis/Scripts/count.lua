-- How many live records clusters own: those that are asked about, and others that own something, by name. Then what was
-- promoted under brakes: ms and grains for each time.
-- ARGV: shards, most others and most promoters, cluster...
local refusal = unusable(true, true)
if refusal then return answer(refusal, floor, {}, {}, {}) end

local counts, asked, others, promoted, promoters = {}, {}, {}, {}, 0
for i = 3, #ARGV do
    counts[i - 2] = number(redis.call('SCARD', own_key(ARGV[i])))
    asked[ARGV[i]] = true
end

-- The meta names every cluster that owns something here; fields come before their values. What is no cluster's name
-- was written by hand, and nobody could answer for it.
local fields = redis.call('HGETALL', KEYS[1])
for i = 1, #fields, 2 do
    local cluster = string.match(fields[i], '^own:([%w._-]+)$')
    if cluster and #cluster <= 128 and not asked[cluster] and #others < 2 * tonumber(ARGV[2]) then
        local owned = redis.call('SCARD', own_key(cluster))
        if owned > 0 then others[#others + 1], others[#others + 2] = cluster, number(owned) end
    end
    local promoter = string.match(fields[i], '^moved:([%w._-]+)$')
    if promoter and #promoter <= 128 and promoters < tonumber(ARGV[2]) then
        promoters = promoters + 1
        for _, part in ipairs(kept_parts(fields[i + 1])) do
            promoted[#promoted + 1], promoted[#promoted + 2] = part[2], part[3]
        end
    end
end
return answer('ok', floor, counts, others, promoted)
