-- promote: moves records of an unreachable cluster to the election's own.
-- ARGV from 7: election, token, from, to, cursor, cause, most grains, grain types ('+a b' only these, '-a b' all but
-- these, empty: all), the session before which all that were opened may live (empty: none), how many ms to keep what
-- was promoted (empty: not at all), then the living sessions of `from`.
-- Answers promoted, newer, leased, malformed, remaining, the next cursor, empty when the pass is over, and skipped.
local election, token, from, to, cursor, cause = ARGV[7], ARGV[8], ARGV[9], ARGV[10], ARGV[11], ARGV[12]
local grains_max = tonumber(ARGV[13])
local refusal = unusable(false)
if refusal then return answer(refusal) end
if token < floor then return answer('belowFloor', floor) end
local installed = grant_of(election)
if installed ~= token then return answer('grantSuperseded', installed) end

local living_before, living = ARGV[15], {}
for i = 17, #ARGV do living[ARGV[i]] = true end

local filter, types = string.sub(ARGV[14], 1, 1), {}
for name in string.gmatch(string.sub(ARGV[14], 2), '[%w._-]+') do types[name] = true end

-- What becomes of a record by its text and whether its type is external, nothing else; false where nobody owns it, the
-- owner where it is only to be listed under that one. Records that one session claimed under one token have the same
-- text, so most of a page is decided by its first.
local function verdict_of(record, external)
    local epoch, record_token, counter, flags, cluster, holder = parse(record)
    if not epoch then return { is_malformed = true } end
    if is_tombstone(flags) then return false end
    local is_leased = sub(flags, 1, 1) == 'l'
    -- A record of `to` is what it did by half, and is done again, but for a lease: who of `to` lives is not known here.
    if cluster ~= from and (cluster ~= to or (is_leased and holder ~= '')) then return { owner = cluster } end
    if record_token >= token then return { is_newer = true } end
    local may_live = living[holder] or (holder ~= '' and holder < living_before)
    if is_leased and may_live then return { is_leased = true } end
    local new_epoch = external and (record_token .. increment(counter)) or (token .. '1')
    return { record = new_epoch .. ',' .. flags .. ',' .. to .. ',', rest = rest_of_line(epoch, new_epoch, flags) }
end

local from_key = own_key(from)
local scanned = redis.call('SSCAN', from_key, cursor, 'COUNT', grains_max)
local next_cursor, members = scanned[1] == '0' and '' or scanned[1], scanned[2]
local newer, leased, malformed, skipped = 0, 0, 0, 0

-- No name has a control character, unless somebody wrote it by hand; asked of all names at once, which costs least.
local names, has_controls = table.concat(members), false
for code = 0, 32 do has_controls = has_controls or find(names, string.char(code == 32 and 127 or code), 1, true) end

-- The grains that move, what they become (grain, record, grain, ...), and the lines of the change. Then entries of this
-- index that nobody owns, and those of others by their owners.
local count, moved, writes, lines, stale, refiled = 0, {}, {}, {}, {}, {}

local verdicts = { [true] = {}, [false] = {} }

-- What hangs on the grain's type is kept while the type stays, for names of 130 bytes at most. At first, and after a
-- name that is not legal, the type has that length, so that nothing is kept.
local of_type, length_of_type, known, is_legal, is_skipped = '', 130, nil, false, false

local function look_at_type(grain)
    is_legal = is_grain(grain)
    of_type = string.match(grain, '^[^/]*/') or ''
    length_of_type = is_legal and #of_type or 130
    known = verdicts[is_external(grain)]
    is_skipped = filter ~= '' and (types[sub(of_type, 1, -2)] or false) ~= (filter == '+')
end

local last, records = nil, #members > 0 and redis.call('HMGET', rec_key, unpack(members)) or {}
for i = 1, #members do
    local grain, record = members[i], records[i]
    local length = #grain
    if length <= length_of_type or length > 130 or has_controls or find(grain, of_type, 1, true) ~= 1 then
        look_at_type(grain)
    end
    local verdict = known[record]
    if record and verdict == nil then
        verdict = verdict_of(record, is_external(grain))
        known[record] = verdict
    end
    if verdict and verdict.record and is_legal and not is_skipped then
        if count == grains_max then
            -- What does not fit stays for the next call, which scans this place again; what was moved is gone by then.
            next_cursor = cursor
        else
            count = count + 1
            moved[count], writes[2 * count - 1], writes[2 * count] = grain, grain, verdict.record
            lines[count] = verdict == last and grain or grain .. verdict.rest
            last = verdict
        end
    elseif not verdict then
        -- No script leaves an index entry without its record or beside a tombstone, unless it was carried out by half.
        -- It would hold up every sweep, and what the record says is what counts.
        stale[#stale + 1] = grain
    elseif verdict.is_malformed or not is_legal then
        -- Written by hand. It stays where somebody can find it, and holds up nobody else's.
        malformed = malformed + 1
    elseif verdict.owner then
        -- Carried out by half, too: it may be the last entry that names the grain, and without one no sweep finds it.
        refiled[verdict.owner] = refiled[verdict.owner] or {}
        table.insert(refiled[verdict.owner], grain)
    elseif is_skipped then
        skipped = skipped + 1
    elseif verdict.is_newer then
        newer = newer + 1
    else
        leased = leased + 1
    end
end

-- How many grains the election promoted when, for a brake: 'first-last:grains' each, oldest first. What follows within
-- a 32nd part of the time that it is kept counts as one, from its last grain on.
local function keep_promoted(grains)
    local kept_ms, at = tonumber(ARGV[16]), tonumber(now)
    local field, parts, newest = 'moved:' .. to, {}, nil
    for _, part in ipairs(kept_parts(redis.call('HGET', KEYS[1], field) or '')) do
        if tonumber(part[2]) + kept_ms > at then
            newest = { tonumber(part[1]), tonumber(part[2]), tonumber(part[3]) }
            parts[#parts + 1] = newest
        end
    end
    if newest and at - newest[1] < kept_ms / 32 then
        newest[2], newest[3] = math.max(newest[2], at), newest[3] + grains
    else
        parts[#parts + 1] = { at, at, grains }
    end
    for i, part in ipairs(parts) do parts[i] = string.format('%.0f-%.0f:%.0f', part[1], part[2], part[3]) end
    redis.call('HSET', KEYS[1], field, table.concat(parts, ' '))
end

look_at_owners(from, to)
look_at_groups(refiled)
if #stale > 0 then redis.call('SREM', from_key, unpack(stale)) end
for owner, grains in pairs(refiled) do
    redis.call('SADD', own_key(owner), unpack(grains))
    redis.call('SREM', from_key, unpack(grains))
end
if next(refiled) then keep_sequence() end
if count > 0 then
    if outbox_full then return answer('outboxFull') end
    redis.call('HSET', rec_key, unpack(writes))
    -- A scan may hand out the same member twice: it is told twice then, which nobody minds, and counted once.
    count = redis.call('SREM', from_key, unpack(moved))
    redis.call('SADD', own_key(to), unpack(moved))
    announce('GrainPromoted', 'promote', cause, token, from, to, '', '', lines, true)
    if ARGV[16] ~= '' then keep_promoted(count) end
end
return answer('ok', floor, count, newer, leased, malformed, redis.call('SCARD', from_key), next_cursor, skipped)
