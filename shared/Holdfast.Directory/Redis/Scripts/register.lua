-- register: for types that bring epochs of their own; strictly higher wins. ARGV from 7: cluster, number, grain.
-- The number is hex without leading zeros. Answers the record that won.
local cluster, counter, grain = ARGV[7], ARGV[8], ARGV[9]
local refusal = unusable(false)
if refusal then return answer(refusal, floor, '') end
if not is_external(grain) then return answer('wrongKind', floor, '') end

local none = string.rep('0', 16)
local record = redis.call('HGET', rec_key, grain)
local old_epoch, from, flags = '', '', 'f'
if record then
    local epoch, _, record_counter, record_flags, owner = parse(record)
    if not epoch then return answer('wrongFormat', floor, '') end
    if not is_higher(counter, record_counter) then
        return answer(owner == cluster and 'ok' or 'lostRace', floor, record)
    end
    old_epoch, flags, from = epoch, string.sub(record_flags, 1, 1), owner
end
if outbox_full then return answer('outboxFull', floor, record or '') end

local winner = none .. counter .. ',' .. flags .. ',' .. cluster .. ','
look_at_owners(cluster, from)
redis.call('HSET', rec_key, grain, winner)
if from ~= '' and from ~= cluster then redis.call('SREM', own_key(from), grain) end
redis.call('SADD', own_key(cluster), grain)
announce('GrainClaimed', 'register', '', none, from, cluster, '', '',
    { grain .. rest_of_line(old_epoch, none .. counter, flags) }, true)
return answer('ok', floor, winner)
