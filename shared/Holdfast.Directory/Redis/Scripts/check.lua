-- What would go wrong later, tried before anybody depends on it: what every program needs, and what only those do
-- that are named after the number of shards (failover, recovery); a user's program lacks that rightly. Leaves
-- everything as it was: what writes is undone in here, and not begun where undoing it is refused. ARGV: shards,
-- duty...
-- Answers what is wrong, in one word and what it is about, each; nothing where all is well.
local wrong = {}
local policy = string.match(redis.call('INFO', 'memory'), 'maxmemory_policy:([%w-]+)') or ''
if string.sub(policy, 1, 7) == 'allkeys' then wrong[#wrong + 1], wrong[#wrong + 2] = 'evicts', policy end

local function may(try)
    local done = redis.pcall(unpack(try))
    if type(done) == 'table' and done.err and string.find(done.err, 'The user executing the script', 1, true) then
        wrong[#wrong + 1], wrong[#wrong + 2] = 'forbids', try[1] .. ' ' .. try[2]
        return false
    end
    return true
end

-- SADD has no form that writes nothing, and this key must not stay.
local removal = { 'SREM', own_key(','), 'x' }
if may(removal) and may({ 'SADD', own_key(','), 'x' }) then redis.pcall(unpack(removal)) end

-- Each is refused for want of a right before it is refused for what it asks, or does nothing.
local tries = {
    { 'HGET', rec_key, 'x' },
    { 'XADD', out_key, '0-0', 'p', 'x' }, { 'XADD', hist_key, '0-0', 'p', 'x' },
    { 'HMGET', rec_key, 'x' }, { 'HGETALL', own_key(',') }, { 'HLEN', rec_key },
    { 'HSCAN', rec_key, '0', 'COUNT', '1' }, { 'SCARD', own_key(',') }, { 'SSCAN', own_key(','), '0' },
    { 'XLEN', out_key }, { 'XRANGE', out_key, '-', '-' }, { 'XREVRANGE', hist_key, '-', '-' },
}

-- A field without a value is nothing to write.
local function writes(key) tries[#tries + 1] = { 'HSET', key, ',', ',', ',' } end

writes(KEYS[1])
writes(rec_key)
for i = 2, #ARGV do
    local grants = prefix .. 'grant:' .. ARGV[i]
    tries[#tries + 1] = { 'HGET', grants, ',' }
    writes(grants)
    if ARGV[i] == 'failover' then
        tries[#tries + 1] = { 'HDEL', KEYS[1], ',' }
        tries[#tries + 1] = { 'HDEL', rec_key, ',' }
        tries[#tries + 1] = { 'XTRIM', out_key, 'MINID', '=', '0' }
    else
        tries[#tries + 1] = { 'HMGET', prefix .. 'slots:,', ',' }
        writes(prefix .. 'slots:,')
    end
end
for _, try in ipairs(tries) do may(try) end
return wrong
