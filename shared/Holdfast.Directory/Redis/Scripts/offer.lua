-- offer: the holder says that a cluster may accept grains, or (to nobody) that none may. No change of epoch.
-- ARGV from 7: session, cluster or empty, then grain and epoch for each. Answers for each grain its status, empty, and
-- its record.
local session, to = ARGV[7], ARGV[8]
local refusal = unusable(false)
if refusal then return answer(refusal) end

local grains = {}
for i = 9, #ARGV, 2 do grains[#grains + 1] = ARGV[i] end
local records = {}
for i, record in ipairs(redis.call('HMGET', rec_key, unpack(grains))) do records[grains[i]] = record or nil end

local writes = {}

local function decide(grain, held)
    local record = records[grain]
    if is_external(grain) then return 'wrongKind', '', '' end
    if not record then return 'notFound', '', '' end
    local epoch, token, _, flags, cluster, holder, offered = parse(record)
    if not epoch then return 'wrongFormat', '', '' end
    if is_tombstone(flags) or epoch ~= held or holder ~= session then return 'notOwner', '', record end
    if offered == to then return 'ok', '', record end
    -- Withdrawn for good: an offer that comes after it under the same epoch was sent before it, for all we know.
    if offered == '' then return 'lostRace', '', record end

    local marked = epoch .. ',' .. flags .. ',' .. cluster .. ',' .. holder .. ',' .. epoch .. '>' .. to
    records[grain] = marked
    writes[#writes + 1], writes[#writes + 2] = grain, marked
    add_line(cluster, holder, token, grain, epoch, epoch, flags)
    return 'ok', '', marked
end

local answers = {}
for i = 9, #ARGV, 2 do
    local n = #answers
    answers[n + 1], answers[n + 2], answers[n + 3] = decide(ARGV[i], ARGV[i + 1])
end

if #writes > 0 then redis.call('HSET', rec_key, unpack(writes)) end
local operation = to == '' and 'withdraw' or 'offer'
for _, group in ipairs(group_order) do
    note(operation, to, group.token, group.from, '', session, group.previous, group.lines)
end
return answer('ok', floor, answers)
