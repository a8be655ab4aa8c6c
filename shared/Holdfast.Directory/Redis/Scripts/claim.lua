-- claim: makes a session the holder of grains under a token of its own.
-- ARGV from 7: cluster, session, token, then for each grain: name, expected epoch, the kind's flag (or empty).
-- Answers for each grain its status, a bound (or empty) and its record (or empty).
local cluster, session, token = ARGV[7], ARGV[8], ARGV[9]
local refusal = unusable(false)
if refusal then return answer(refusal) end

local grains = {}
for i = 10, #ARGV, 3 do grains[#grains + 1] = ARGV[i] end
local records = {}
for i, record in ipairs(redis.call('HMGET', rec_key, unpack(grains))) do records[grains[i]] = record or nil end

local writes, owned = {}, {}

local function decide(grain, expected, kind)
    local record = records[grain]
    if is_external(grain) then return 'wrongKind', '', '' end
    if token < floor then return 'belowFloor', floor, record or '' end

    local old_epoch, from, previous, flags, new_epoch = '', '', '', 'f', token .. '1'
    if record then
        local epoch, record_token, counter, record_flags, owner, holder = parse(record)
        if not epoch then return 'wrongFormat', '', '' end
        old_epoch, flags = epoch, string.sub(record_flags, 1, 1)
        if is_tombstone(record_flags) then
            if token < record_token then return 'tokenTooLow', record_token, record end
            if token == record_token then new_epoch = token .. increment(counter) end
        else
            if owner ~= cluster then return 'lostRace', '', record end
            if holder == session and record_token == token then return 'ok', '', record end
            if holder ~= '' and holder ~= session and expected ~= epoch then return 'lostRace', '', record end
            if token <= record_token then return 'tokenTooLow', record_token, record end
            from, previous = owner, holder
        end
    end
    if outbox_full then return 'outboxFull', '', record or '' end
    if kind ~= '' then flags = kind end

    local claimed = new_epoch .. ',' .. flags .. ',' .. cluster .. ',' .. session
    records[grain] = claimed
    writes[#writes + 1], writes[#writes + 2] = grain, claimed
    owned[#owned + 1] = grain
    add_line(from, previous, token, grain, old_epoch, new_epoch, flags)
    return 'ok', '', claimed
end

local answers = {}
for i = 10, #ARGV, 3 do
    local n = #answers
    answers[n + 1], answers[n + 2], answers[n + 3] = decide(ARGV[i], ARGV[i + 1], ARGV[i + 2])
end

look_at_owners(cluster)
if #writes > 0 then
    redis.call('HSET', rec_key, unpack(writes))
    redis.call('SADD', own_key(cluster), unpack(owned))
end
for _, group in ipairs(group_order) do
    announce('GrainClaimed', 'claim', '', token, group.from, cluster, session, group.previous, group.lines, true)
    if group.previous ~= '' and group.previous ~= session then
        announce('GrainDemoted', 'claim', '', token, group.from, cluster, session, group.previous, group.lines, false)
    end
end
return answer('ok', floor, answers)
