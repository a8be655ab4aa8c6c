-- promote: moves records of an unreachable cluster to the election's own.
-- ARGV from 7: election, token, from, to, cursor, cause, most grains, grain types ('+a b' only these, '-a b' all but
-- these, empty: all), then the living sessions of `from`.
-- Answers promoted, newer, leased, malformed, remaining, the next cursor, empty when the pass is over, and skipped.
local election, token, from, to, cursor, cause = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12]
local grains_max = tonumber(ARGV[13])
local refusal = unusable(false)
if refusal then return answer(refusal) end
if token < floor then return answer('belowFloor', floor) end
local installed = grant_of(election)
if installed ~= token then return answer('grantSuperseded', installed) end

local living = {}
for i = 15, #ARGV do living[ARGV[i]] = true end

local filter, types = string.sub(ARGV[14], 1, 1), {}
for name in string.gmatch(string.sub(ARGV[14], 2), '[%w._-]+') do types[name] = true end

local from_key = own_key(from)
local scanned = redis.call('SSCAN', from_key, cursor, 'COUNT', grains_max)
local next_cursor, members = scanned[1] == '0' and '' or scanned[1], scanned[2]
local newer, leased, malformed, skipped = 0, 0, 0, 0
local moved, writes, lines, stale = {}, {}, {}, {}

-- A scan may hand out more than it was asked for, and the same member twice.
local seen = {}
local records = #members > 0 and redis.call('HMGET', rec_key, unpack(members)) or {}
for i, grain in ipairs(members) do
    local epoch, record_token, counter, flags, _, holder
    if records[i] then epoch, record_token, counter, flags, _, holder = parse(records[i]) end
    if seen[grain] then
        -- Already decided.
    elseif not records[i] then
        -- No script leaves an index entry without its record; one that is there would hold up every sweep.
        stale[#stale + 1] = grain
    elseif not epoch or not is_grain(grain) then
        -- Written by hand. It stays where somebody can find it, and holds up nobody else's.
        malformed = malformed + 1
    elseif filter ~= '' and (types[string.match(grain, '^[^/]+')] or false) ~= (filter == '+') then
        skipped = skipped + 1
    elseif record_token >= token then
        newer = newer + 1
    elseif string.sub(flags, 1, 1) == 'l' and living[holder] then
        leased = leased + 1
    elseif #moved == grains_max then
        -- What does not fit stays for the next call, which scans this place again; what was moved is gone by then.
        next_cursor = cursor
    else
        local new_epoch = is_external(grain) and (record_token .. increment(counter)) or (token .. '1')
        moved[#moved + 1] = grain
        writes[#writes + 1], writes[#writes + 2] = grain, new_epoch .. ',' .. flags .. ',' .. to .. ','
        lines[#lines + 1] = line(grain, epoch, new_epoch, flags)
    end
    seen[grain] = true
end

if #stale > 0 then redis.call('SREM', from_key, unpack(stale)) end
if #moved > 0 then
    if outbox_full then return answer('outboxFull') end
    redis.call('HSET', rec_key, unpack(writes))
    redis.call('SREM', from_key, unpack(moved))
    redis.call('SADD', own_key(to), unpack(moved))
    announce('GrainPromoted', 'promote', cause, token, from, to, '', '', lines, true)
end
return answer('ok', floor, #moved, newer, leased, malformed, redis.call('SCARD', from_key), next_cursor, skipped)
