-- slots: the slots of a group from an index on. ARGV: shards, group, first, most indexes.
-- Answers where to go on (empty after the last) and index, record, index, record, ...
local refusal = unusable(true, true)
if refusal then return answer(refusal, floor, '', {}) end

local slots_key = prefix .. 'slots:' .. ARGV[2]
local first, past = tonumber(ARGV[3]), tonumber(ARGV[3]) + tonumber(ARGV[4])
local top = tonumber(redis.call('HGET', slots_key, 'top') or '0') or 0
local indexes, page = {}, {}
for index = first, math.min(past, top) - 1 do indexes[#indexes + 1] = number(index) end
if #indexes > 0 then
    for i, record in ipairs(redis.call('HMGET', slots_key, unpack(indexes))) do
        if record then page[#page + 1], page[#page + 2] = indexes[i], record end
    end
end
return answer('ok', floor, past < top and number(past) or '', page)
