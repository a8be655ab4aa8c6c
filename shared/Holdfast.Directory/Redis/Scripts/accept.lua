-- accept: a session of the cluster that grains are offered to makes them its own, under a token of its own.
-- ARGV from 7: cluster, session, token, then the grains. Answers for each its status, a bound (or empty), its record.
local cluster, session, token = ARGV[7], ARGV[8], ARGV[9]
local refusal = unusable(false)
if refusal then return answer(refusal) end

local grains = {}
for i = 10, #ARGV do grains[#grains + 1] = ARGV[i] end
local records = {}
for i, record in ipairs(redis.call('HMGET', rec_key, unpack(grains))) do records[grains[i]] = record or nil end

local writes, taken, given = {}, {}, {}

local function decide(grain)
    local record = records[grain]
    if is_external(grain) then return 'wrongKind', '', '' end
    if token < floor then return 'belowFloor', floor, record or '' end
    if not record then return 'notFound', '', '' end
    local epoch, record_token, _, flags, owner, holder, offered = parse(record)
    if not epoch then return 'wrongFormat', '', '' end
    if is_tombstone(flags) then return 'lostRace', '', record end
    if owner == cluster and holder == session and record_token == token then return 'ok', '', record end
    if offered ~= cluster then return 'lostRace', '', record end
    if token <= record_token then return 'tokenTooLow', record_token, record end
    if outbox_full then return 'outboxFull', '', record end

    local accepted = token .. '1,' .. flags .. ',' .. cluster .. ',' .. session
    records[grain] = accepted
    writes[#writes + 1], writes[#writes + 2] = grain, accepted
    taken[#taken + 1] = grain
    given[owner] = given[owner] or {}
    table.insert(given[owner], grain)
    add_line(owner, holder, token, grain, epoch, token .. '1', flags)
    return 'ok', '', accepted
end

local answers = {}
for i = 10, #ARGV do
    local n = #answers
    answers[n + 1], answers[n + 2], answers[n + 3] = decide(ARGV[i])
end

look_at_owners(cluster)
look_at_groups(given)
if #writes > 0 then redis.call('HSET', rec_key, unpack(writes)) end
for owner, members in pairs(given) do redis.call('SREM', own_key(owner), unpack(members)) end
if #taken > 0 then redis.call('SADD', own_key(cluster), unpack(taken)) end
for _, group in ipairs(group_order) do
    announce('GrainTransferred', 'transfer', '', token, group.from, cluster, session, group.previous, group.lines, true)
end
return answer('ok', floor, answers)
