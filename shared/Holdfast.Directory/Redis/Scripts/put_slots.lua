-- putSlots: writes slots of one group, all or none.
-- ARGV from 7: election, token, home (the election's cluster), the group's grain, group, kind, then for each slot its
-- index, the expected epoch (or empty), its new record and the reason.
-- Answers for each slot its index, its status and its record as it is now (or empty).
local election, token, home, grain, group, kind = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12]
local refusal = unusable(false)
if refusal then return answer(refusal, floor, {}) end
if token < floor then return answer('belowFloor', floor, {}) end
local installed = grant_of(election)
if installed ~= token then return answer('grantSuperseded', installed, {}) end

-- Who places a group is the holder in the cluster that owns the group's grain, and nobody else.
local owner = redis.call('HGET', rec_key, grain)
if not owner then return answer('notOwner', floor, {}) end
local owner_epoch, _, _, owner_flags, owner_cluster = parse(owner)
if not owner_epoch or is_tombstone(owner_flags) or owner_cluster ~= home then
    return answer('notOwner', floor, {})
end

-- How far a slot is under its epoch, and which event says so.
local rank = { p = 0, r = 1, e = 2, u = 3, x = 4, s = 5 }
local event = {
    p = 'SlotPlaced', r = 'SlotRecovered', e = 'SlotUnhealthy', u = 'SlotUnhealthy', x = 'SlotUnrecoverable',
    s = 'SlotUnhealthy',
}

local function parse_slot(record)
    local epoch, state, node = string.match(record, '^([%da-f]+),(%a),([%w._-]*),[%w._-]*,%d+$')
    if not epoch or #epoch < 17 or #epoch > 32 or not rank[state] then return nil end
    return epoch, state, node
end

-- What stands in the way of a write; ok when nothing does.
local function judge(now, expected, wanted)
    if now == wanted then return 'ok' end
    if not now then return expected == '' and 'ok' or 'lostRace' end
    local epoch, state, node = parse_slot(now)
    if not epoch then return 'wrongFormat' end
    if epoch ~= expected then return 'lostRace' end
    local new_epoch, new_state, new_node = parse_slot(wanted)
    if is_epoch_below(new_epoch, epoch) then return 'tokenTooLow' end
    if new_epoch == epoch then
        -- Forward, never back, so that a late delivery cannot undo what came after it.
        local goes_on = rank[new_state] >= rank[state] and (new_node == node or new_node == '')
            and (new_state ~= state or new_node ~= node)
        return goes_on and 'ok' or 'lostRace'
    end
    -- To another node only when nobody may run it any more.
    return (node == '' or node == new_node) and 'ok' or 'lostRace'
end

local slots_key = prefix .. 'slots:' .. group
local indexes = {}
for i = 13, #ARGV, 4 do indexes[#indexes + 1] = ARGV[i] end
local records = redis.call('HMGET', slots_key, unpack(indexes))

local answers, found, bound, changed = {}, {}, floor, {}
for i, index in ipairs(indexes) do
    local at = 13 + 4 * (i - 1)
    local now, wanted = records[i], ARGV[at + 2]
    local status = judge(now, ARGV[at + 1], wanted)
    found[status] = true
    if status == 'tokenTooLow' and (bound == floor or string.sub(now, 1, 16) > bound) then
        bound = string.sub(now, 1, 16)
    end
    if status == 'ok' and now ~= wanted then changed[#changed + 1] = at end
    local n = #answers
    answers[n + 1], answers[n + 2], answers[n + 3] = index, status, now or ''
end

if found.wrongFormat then return answer('wrongFormat', floor, answers) end
if found.lostRace then return answer('lostRace', floor, answers) end
if found.tokenTooLow then return answer('tokenTooLow', bound, answers) end
if #changed == 0 then return answer('ok', floor, answers) end
if outbox_full then return answer('outboxFull', floor, {}) end

local top = tonumber(redis.call('HGET', slots_key, 'top') or '0') or 0
local writes, payloads = {}, {}
for i, at in ipairs(changed) do
    local index, wanted, reason = ARGV[at], ARGV[at + 2], ARGV[at + 3]
    writes[#writes + 1], writes[#writes + 2] = index, wanted
    top = math.max(top, tonumber(index) + 1)
    local parts = { 'slot', now, reason, floor, election, token, group, kind, index, wanted }
    local _, state = parse_slot(wanted)
    local _, before = parse_slot(records[(at - 13) / 4 + 1] or '')

    -- That one is unrecoverable is said once: that nobody may run it any more says nothing new of it.
    if state ~= 'x' or before ~= 'x' then append(event[state], table.concat(parts, '\t')) end
end
redis.call('HSET', slots_key, 'top', number(top), unpack(writes))
keep_sequence()
for i = 1, #answers, 3 do answers[i + 2] = ARGV[13 + 4 * ((i - 1) / 3) + 2] end
return answer('ok', floor, answers)
