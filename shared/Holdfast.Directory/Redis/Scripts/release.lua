-- release: the holder gives grains up; the tombstone keeps the epoch.
-- ARGV from 7: session, then grain and epoch for each. Answers for each grain its status, empty, and its record.
local session = ARGV[7]
local refusal = unusable(true)
if refusal then return answer(refusal) end

local grains = {}
for i = 8, #ARGV, 2 do grains[#grains + 1] = ARGV[i] end
local records = {}
for i, record in ipairs(redis.call('HMGET', rec_key, unpack(grains))) do records[grains[i]] = record or nil end

local writes, given_up = {}, {}

local function decide(grain, held)
    local record = records[grain]
    if is_external(grain) then return 'wrongKind', '', '' end
    if not record then return 'notFound', '', '' end
    local epoch, token, _, flags, cluster, holder = parse(record)
    if not epoch then return 'wrongFormat', '', '' end
    if epoch ~= held then return 'notOwner', '', record end
    -- Released before under this epoch: tokens name their holder for ever, so it was the caller.
    if is_tombstone(flags) then return 'ok', '', record end
    if holder ~= session then return 'notOwner', '', record end

    local tombstone = epoch .. ',' .. flags .. 't,' .. cluster .. ','
    records[grain] = tombstone
    writes[#writes + 1], writes[#writes + 2] = grain, tombstone
    given_up[cluster] = given_up[cluster] or {}
    table.insert(given_up[cluster], grain)
    add_line(cluster, holder, token, grain, epoch, epoch, flags .. 't')
    return 'ok', '', tombstone
end

local answers = {}
for i = 8, #ARGV, 2 do
    local n = #answers
    answers[n + 1], answers[n + 2], answers[n + 3] = decide(ARGV[i], ARGV[i + 1])
end

look_at_groups(given_up)
if #writes > 0 then redis.call('HSET', rec_key, unpack(writes)) end
for cluster, members in pairs(given_up) do redis.call('SREM', own_key(cluster), unpack(members)) end
for _, group in ipairs(group_order) do
    announce('GrainReleased', 'release', '', group.token, group.from, '', '', group.previous, group.lines, true)
end
return answer('ok', floor, answers)
