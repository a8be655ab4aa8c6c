-- reassert: after a loss a holder tells what it holds, and under which epoch; the highest epoch wins.
-- ARGV from 7: cluster, session, token, then for each grain its name, epoch and the kind's flag (or empty). Answers for
-- each its status, a bound (or empty) and its record (or empty).
local cluster, session, token = ARGV[7], ARGV[8], ARGV[9]
local refusal = unusable(true)
if refusal then return answer(refusal) end

local grains = {}
for i = 10, #ARGV, 3 do grains[#grains + 1] = ARGV[i] end
local records = {}
for i, record in ipairs(redis.call('HMGET', rec_key, unpack(grains))) do records[grains[i]] = record or nil end

local writes, taken, given = {}, {}, {}

local function store(grain, record)
    records[grain] = record
    writes[#writes + 1], writes[#writes + 2] = grain, record
    return record
end

local function decide(grain, held, held_kind)
    local record = records[grain]
    if is_external(grain) then return 'wrongKind', '', '' end
    if token < floor then return 'belowFloor', floor, record or '' end
    local old_epoch, from, previous, kind = '', '', '', 'f'
    if record then
        local epoch, _, _, flags, owner, holder, offered = parse(record)
        if not epoch then return 'wrongFormat', '', '' end
        local restored = epoch .. ',' .. flags .. ',' .. cluster .. ',' .. session
        if not is_tombstone(flags) and epoch == held and holder == session and owner == cluster then
            -- In another memory a mark may be one that was withdrawn since.
            if window == '1' and offered then
                seq = seq + 1
                record = store(grain, restored)
            end
            return 'ok', '', record
        end
        if window ~= '1' then return 'notOwner', '', record end
        if not is_epoch_below(epoch, held) then return 'lostRace', '', record end
        old_epoch, kind = epoch, string.sub(flags, 1, 1)
        if not is_tombstone(flags) then from, previous = owner, holder end
    elseif window ~= '1' then
        return 'notFound', '', ''
    end
    if held_kind ~= '' then kind = held_kind end

    if from ~= '' and from ~= cluster then
        given[from] = given[from] or {}
        table.insert(given[from], grain)
    end
    taken[#taken + 1] = grain
    add_line(from, previous, token, grain, old_epoch, held, kind)
    return 'ok', '', store(grain, held .. ',' .. kind .. ',' .. cluster .. ',' .. session)
end

local answers = {}
for i = 10, #ARGV, 3 do
    local n = #answers
    answers[n + 1], answers[n + 2], answers[n + 3] = decide(ARGV[i], ARGV[i + 1], ARGV[i + 2])
end

look_at_owners(cluster)
look_at_groups(given)
if #writes > 0 then
    redis.call('HSET', rec_key, unpack(writes))
    keep_sequence()
end
for owner, members in pairs(given) do redis.call('SREM', own_key(owner), unpack(members)) end
if #taken > 0 then redis.call('SADD', own_key(cluster), unpack(taken)) end
for _, group in ipairs(group_order) do
    tell_demoted('reassert', token, group.from, cluster, session, group.previous, group.lines)
end
return answer('ok', floor, answers)
