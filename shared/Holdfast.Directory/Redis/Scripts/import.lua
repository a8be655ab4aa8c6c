-- import: records of an export, in the window after a loss only; the highest epoch wins.
-- ARGV from 7: election, token, then grain and record for each. Answers for each its status, a bound (or empty) and its
-- record (or empty).
local token = ARGV[8]
local refusal = unusable(true)
if refusal then return answer(refusal) end
if window ~= '1' then return answer('notReasserting') end

-- What another program left in the place of an owner's index fails here, before anything is written.
local function look_at(record)
    local epoch, _, _, _, cluster = parse(record)
    if epoch then redis.call('SCARD', own_key(cluster)) end
end

for i = 9, #ARGV, 2 do
    local record = redis.call('HGET', rec_key, ARGV[i])
    if record then look_at(record) end
    look_at(ARGV[i + 1])
end

local function decide(grain, imported)
    local record = redis.call('HGET', rec_key, grain)
    if token < floor then return 'belowFloor', floor, record or '' end
    local new_epoch, new_token, _, new_flags, to, holder = parse(imported)
    if not new_epoch then return 'wrongFormat', '', '' end
    if new_token > token then return 'tokenTooLow', new_token, record or '' end
    local old_epoch, from, previous = '', '', ''
    if record then
        local epoch, _, _, flags, owner, held_by = parse(record)
        if not epoch then return 'wrongFormat', '', '' end
        if not is_epoch_below(epoch, new_epoch) then
            local is_same = epoch .. ',' .. flags .. ',' .. owner .. ',' .. held_by == imported
            return is_same and 'ok' or 'lostRace', '', record
        end
        old_epoch = epoch
        if not is_tombstone(flags) then from, previous = owner, held_by end
    end

    look_at_owners(from, to)
    redis.call('HSET', rec_key, grain, imported)
    if from ~= '' then redis.call('SREM', own_key(from), grain) end
    if not is_tombstone(new_flags) then redis.call('SADD', own_key(to), grain) end
    local lines = { grain .. rest_of_line(old_epoch, new_epoch, new_flags) }
    tell_demoted('import', token, from, to, holder, previous, lines)
    return 'ok', '', imported
end

local answers = {}
for i = 9, #ARGV, 2 do
    local n = #answers
    answers[n + 1], answers[n + 2], answers[n + 3] = decide(ARGV[i], ARGV[i + 1])
end
return answer('ok', floor, answers)
