-- Erases tombstones below the floor: whoever claims such a grain next needs a token that is not, and so one above the
-- token forgotten here. ARGV: shards, election, token, cursor, count. Answers how many, and the next cursor.
local refusal, bound = refused(ARGV[2], ARGV[3])
if refusal then return answer(refusal, bound, 0, '0') end

local scanned, erased = redis.call('HSCAN', rec_key, ARGV[4], 'COUNT', ARGV[5]), 0
for i = 1, #scanned[2], 2 do
    local epoch, token, _, flags = parse(scanned[2][i + 1])
    if epoch and is_tombstone(flags) and token < floor then
        erased = erased + redis.call('HDEL', rec_key, scanned[2][i])
    end
end
if erased > 0 then
    seq = seq + 1
    redis.call('HSET', KEYS[1], 'seq', number(seq))
end
return answer('ok', floor, erased, scanned[1])
