-- What would go wrong later, tried before anybody depends on it, as far as every role needs it: what only Failover or
-- Recovery may do (grants, slots, XTRIM) is not asked for here, since a user's program lacks it rightly, nor is HDEL,
-- without which no call fails but an erasure. Leaves everything as it was. ARGV: shards.
-- Answers what is wrong, in one word and what it is about, each; nothing where all is well.
local wrong = {}
local policy = string.match(redis.call('INFO', 'memory'), 'maxmemory_policy:([%w-]+)') or ''
if string.sub(policy, 1, 7) == 'allkeys' then wrong[#wrong + 1], wrong[#wrong + 2] = 'evicts', policy end

-- Each is refused for want of a right before it is refused for what it asks, or does nothing.
local tries = {
    { 'SADD', own_key(','), 'x' }, { 'SREM', own_key(','), 'x' }, { 'HGET', rec_key, 'x' },
    { 'XADD', out_key, '0-0', 'p', 'x' }, { 'XADD', hist_key, '0-0', 'p', 'x' },
    { 'HMGET', rec_key, 'x' }, { 'HGETALL', own_key(',') }, { 'HLEN', rec_key },
    { 'HSCAN', rec_key, '0', 'COUNT', '1' }, { 'SCARD', own_key(',') }, { 'SSCAN', own_key(','), '0' },
    { 'XLEN', out_key }, { 'XRANGE', out_key, '-', '-' }, { 'XREVRANGE', hist_key, '-', '-' },
}
if meta[1] then tries[#tries + 1] = { 'HSET', KEYS[1], 'format', meta[1] } end
for _, try in ipairs(tries) do
    local done = redis.pcall(unpack(try))
    if type(done) == 'table' and done.err and string.find(done.err, 'The user executing the script', 1, true) then
        wrong[#wrong + 1], wrong[#wrong + 2] = 'forbids', try[1] .. ' ' .. try[2]
    end
end
return wrong
