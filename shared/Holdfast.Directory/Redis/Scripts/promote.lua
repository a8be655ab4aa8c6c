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

-- What becomes of a record by its text and whether its type is external, nothing else. Records that one session claimed
-- under one token have the same text, so most of a page is decided by its first.
local function verdict_of(record, external)
    local epoch, record_token, counter, flags, _, holder = parse(record)
    if not epoch then return { is_malformed = true } end
    if record_token >= token then return { is_newer = true } end
    if string.sub(flags, 1, 1) == 'l' and living[holder] then return { is_leased = true } end
    local new_epoch = external and (record_token .. increment(counter)) or (token .. '1')
    return { record = new_epoch .. ',' .. flags .. ',' .. to .. ',', line = line('', epoch, new_epoch, flags) .. '\n' }
end

local from_key = own_key(from)
local scanned = redis.call('SSCAN', from_key, cursor, 'COUNT', grains_max)
local next_cursor, members = scanned[1] == '0' and '' or scanned[1], scanned[2]
local newer, leased, malformed, skipped = 0, 0, 0, 0

-- Of each record that moves: its grain, then what it becomes; and the same as pieces of the change's lines, which are
-- put together once, since every text that Lua makes on the way costs as much again.
local count, moved, writes, pieces, stale = 0, {}, {}, {}, {}

-- A scan may hand out more than it was asked for, and the same member twice.
local seen, verdicts = {}, { [true] = {}, [false] = {} }
local records = #members > 0 and redis.call('HMGET', rec_key, unpack(members)) or {}
for i, grain in ipairs(members) do
    local record, external = records[i], is_external(grain)
    local known = verdicts[external]
    local verdict = record and known[record]
    if record and not verdict then
        verdict = verdict_of(record, external)
        known[record] = verdict
    end
    if seen[grain] then
        -- Already decided.
    elseif not verdict then
        -- No script leaves an index entry without its record; one that is there would hold up every sweep.
        stale[#stale + 1] = grain
    elseif verdict.is_malformed or not is_grain(grain) then
        -- Written by hand. It stays where somebody can find it, and holds up nobody else's.
        malformed = malformed + 1
    elseif filter ~= '' and (types[string.match(grain, '^[^/]+')] or false) ~= (filter == '+') then
        skipped = skipped + 1
    elseif verdict.is_newer then
        newer = newer + 1
    elseif verdict.is_leased then
        leased = leased + 1
    elseif count == grains_max then
        -- What does not fit stays for the next call, which scans this place again; what was moved is gone by then.
        next_cursor = cursor
    else
        local last = 2 * count
        writes[last + 1], writes[last + 2] = grain, verdict.record
        pieces[last + 1], pieces[last + 2] = grain, verdict.line
        count = count + 1
        moved[count] = grain
    end
    seen[grain] = true
end

look_at_owners(to)
if #stale > 0 then redis.call('SREM', from_key, unpack(stale)) end
if count > 0 then
    if outbox_full then return answer('outboxFull') end
    redis.call('HSET', rec_key, unpack(writes))
    redis.call('SREM', from_key, unpack(moved))
    redis.call('SADD', own_key(to), unpack(moved))
    pieces[2 * count] = string.sub(pieces[2 * count], 1, -2)
    announce('GrainPromoted', 'promote', cause, token, from, to, '', '', pieces, true, '')
end
return answer('ok', floor, count, newer, leased, malformed, redis.call('SCARD', from_key), next_cursor, skipped)
