-- listByOwner: one page of a cluster's live records. ARGV: shards, cluster, cursor, count.
-- Answers the next cursor and the page as grain, record, grain, record, ...
local refusal = unusable(true, true)
if refusal then return answer(refusal, floor, '0', {}) end

local scanned = redis.call('SSCAN', own_key(ARGV[2]), ARGV[3], 'COUNT', ARGV[4])
local members, page = scanned[2], {}
if #members > 0 then
    for i, record in ipairs(redis.call('HMGET', rec_key, unpack(members))) do
        page[#page + 1], page[#page + 2] = members[i], record or ''
    end
end
return answer('ok', floor, scanned[1], page)
