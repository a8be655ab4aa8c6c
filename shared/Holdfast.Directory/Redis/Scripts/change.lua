-- What every script that changes ownership goes on with.
-- ARGV[2] unix ms, [3] traceparent, [4] entries and [5] bytes that the outbox may hold, [6] entries of the history.
local now, trace = ARGV[2], ARGV[3]

-- What an entry takes beside its payload, roughly.
local entry_overhead = 128

-- Bytes written to and trimmed from the outbox since the shard was opened; their difference is what it holds.
local bytes_key_fields = redis.call('HMGET', KEYS[1], 'outBytes', 'outTrimmed')
local out_bytes, out_trimmed = tonumber(bytes_key_fields[1] or '0') or 0, tonumber(bytes_key_fields[2] or '0') or 0

-- A script that fails half done is not undone. What another program left in the place of a key of ours makes the first
-- look at it fail, so every key that is written is looked at before anything is written.
redis.call('XLEN', hist_key)

-- Who owns something is also named in the meta, beside the sequence: what has a name can be counted by those who have
-- never heard of it. Here are those whose index may be written to.
local owners, is_owner = {}, {}

local function look_at_owners(...)
    for _, cluster in ipairs({ ... }) do
        if cluster ~= '' then
            redis.call('SCARD', own_key(cluster))
            if not is_owner[cluster] then owners[#owners + 1], is_owner[cluster] = cluster, true end
        end
    end
end

local function look_at_groups(by_owner)
    for cluster in pairs(by_owner) do look_at_owners(cluster) end
end

local outbox_full = redis.call('XLEN', out_key) >= tonumber(ARGV[4])
    or out_bytes - out_trimmed >= tonumber(ARGV[5])

-- A change has a line for each grain: its name and this. Where this is as in the line before, it is left out.
local function rest_of_line(old_epoch, new_epoch, flags)
    return '\t' .. old_epoch .. '\t' .. new_epoch .. '\t' .. flags
end

-- Puts an entry into the outbox under the next sequence; keep_sequence makes that last. Answers the entry's id.
local function append(event, payload)
    seq = seq + 1
    local id = number(seq) .. '-0'
    redis.call('XADD', out_key, id, 'e', event, 'p', payload, 't', trace, 'b', number(out_bytes))
    out_bytes = out_bytes + #payload + entry_overhead
    return id
end

local function keep_sequence()
    redis.call('HSET', KEYS[1], 'seq', number(seq), 'outBytes', number(out_bytes))
    for _, cluster in ipairs(owners) do
        local owns = redis.call('SCARD', own_key(cluster)) > 0
        -- Where the access list does not allow the removal yet, the name stays and counts as nothing.
        if owns then redis.call('HSET', KEYS[1], 'own:' .. cluster, '1')
        else redis.pcall('HDEL', KEYS[1], 'own:' .. cluster) end
    end
end

local function payload_of(operation, cause, token, from, to, holder, previous, lines)
    lines[0] = table.concat({ operation, now, cause, floor, token, from, to, holder, previous }, '\t')
    return table.concat(lines, '\n', 0)
end

local function remember_as(id, payload) redis.call('XADD', hist_key, 'MAXLEN', '~', ARGV[6], id, 'p', payload) end

-- Writes a change to the outbox under the next sequence, and to the history when it is to be remembered. The floor
-- goes along, so that the event's identity never depends on when it is read.
local function announce(event, operation, cause, token, from, to, holder, previous, lines, remember)
    local payload = payload_of(operation, cause, token, from, to, holder, previous, lines)
    local id = append(event, payload)
    if remember then remember_as(id, payload) end
    keep_sequence()
end

-- Remembers what no event tells: it changes no owner.
local function note(operation, cause, token, from, to, holder, previous, lines)
    seq = seq + 1
    remember_as(number(seq) .. '-0', payload_of(operation, cause, token, from, to, holder, previous, lines))
    keep_sequence()
end

-- Tells a holder that lost; that somebody is still the owner is only remembered.
local function tell_demoted(operation, token, from, to, holder, previous, lines)
    if previous ~= '' and previous ~= holder then
        announce('GrainDemoted', operation, '', token, from, to, holder, previous, lines, true)
    else
        note(operation, '', token, from, to, holder, previous, lines)
    end
end

-- Lines grouped by what an event names once for all its grains, in the order of their first grain.
local group_order, groups = {}, {}

local function add_line(from, previous, token, grain, old_epoch, new_epoch, flags)
    local key = from .. '\t' .. previous .. '\t' .. token
    local group = groups[key]
    if not group then
        group = { from = from, previous = previous, token = token, lines = {} }
        groups[key] = group
        group_order[#group_order + 1] = group
    end
    local rest = rest_of_line(old_epoch, new_epoch, flags)
    group.lines[#group.lines + 1] = rest == group.rest and grain or grain .. rest
    group.rest = rest
end
