-- What every script of the directory starts with. KEYS[1] is {hf:NN}:meta; the other keys of the shard share its hash
-- tag, so they are derived from it. ARGV[1] is the number of shards that the caller believes in.
-- Tokens are 16 hex digits and compare as text. Epochs are a token and a counter in hex without leading zeros.
-- Every answer is { status, gen, seq, bound, run, since, ... }.
local find, sub = string.find, string.sub
local format = '1'
local prefix = sub(KEYS[1], 1, -5)
local rec_key, out_key, hist_key = prefix .. 'rec', prefix .. 'out', prefix .. 'hist'

-- While a Redis Cluster moves the shard to another node, some of its keys are here and some there, and either node runs
-- scripts on what it has: one would fail half done, the other take what is not there yet for free. Keys that never
-- exist tell: a node that gives or gets the slot refuses a look at two of them. (No cluster has such a name.)
local resting = redis.pcall('EXISTS', prefix .. 'own:,', prefix .. 'own:,,')
if type(resting) == 'table' then
    local is_moving = find(resting.err, 'non local key', 1, true)
    return is_moving and redis.error_reply('TRYAGAIN the shard is being moved') or resting
end

local meta =
    redis.call('HMGET', KEYS[1], 'format', 'shards', 'gen', 'seq', 'floor', 'window', 'run', 'since', 'line')
local gen, seq, floor, window = meta[3] or '', tonumber(meta[4] or '0') or 0, meta[5] or '', meta[6]
local opened_run, opened_line = meta[7] or '', meta[9] or ''

local function number(value) return string.format('%.0f', value) end

-- A process and the line of changes that it writes, in one name of at most 64 characters.
local function name_of(run, line) return line == '' and run or run .. '-' .. sub(line, 1, 16) end

-- In which process the shard was when it had come so far, and the sequence which that one began with, so that whoever
-- knew a higher one of an earlier process learns of the loss from any answer.
local function answer(status, bound, ...)
    return { status, gen, number(seq), bound or floor, name_of(opened_run, opened_line), meta[8] or number(seq), ... }
end

local function own_key(cluster) return prefix .. 'own:' .. cluster end

-- kind is the part of an election's name before the first '/'.
local function grant_of(election)
    return redis.call('HGET', prefix .. 'grant:' .. string.match(election, '^[^/]+'), election) or string.rep('0', 16)
end

-- Neither changes while a script runs, and a look at one takes longer than most scripts do otherwise.
local known_run, known_line

local function run_id()
    known_run = known_run or string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
    return known_run
end

-- The line of changes that this server writes as a master: another with each start, and each time that it becomes a
-- master, for it may have got another's memory while it was none. Nothing in a replica.
local function line_id()
    if not known_line then
        local info = redis.call('INFO', 'replication')
        known_line = find(info, 'role:master', 1, true) and string.match(info, 'master_replid:(%x+)') or ''
    end
    return known_line
end

-- Which process the shard was opened on or confirmed for, which one this is, and the sequence that the first began
-- with. A shard that an older version opened has no line, and is not compared by it.
local function runs()
    local line = opened_run ~= '' and opened_line == '' and '' or line_id()
    return name_of(opened_run, opened_line), name_of(run_id(), line), meta[8] or number(seq)
end

-- A line says it all, and is looked up in half the time; only a shard that an older version opened has none.
local function is_confirmed()
    if opened_line ~= '' then return opened_line == line_id() end
    return opened_run == run_id()
end

-- Why the shard cannot do this now; nil when it can. In the window after a loss only some operations can. What changes
-- something works only in a process that was confirmed: whoever compares what it knew with a memory that may have gone
-- back must find it as it went back, and not what was written over it since.
local function unusable(works_in_window, only_reads)
    if not meta[1] then return 'shardLost' end
    if meta[1] ~= format or meta[2] ~= ARGV[1] then return 'wrongFormat' end
    if not only_reads and not is_confirmed() then return 'shardLost' end
    if window == '1' and not works_in_window then return 'reasserting' end
    return nil
end

-- The token of the last opening. Shards opened before there was such a field were opened with their floor.
local function last_opening() return redis.call('HGET', KEYS[1], 'opened') or floor end

-- Why an election may not write here under this token; nil when it may.
local function refused(election, token)
    local refusal = unusable(false)
    if refusal then return refusal, floor end
    if token < floor then return 'belowFloor', floor end
    local installed = grant_of(election)
    if installed ~= token then return 'grantSuperseded', installed end
    return nil
end

local legal_flags = { f = true, ft = true, l = true, lt = true }

-- The parts of a record: epoch, its token, its counter, flags, cluster, holder, and the cluster that it is offered to
-- (empty: withdrawn, nil: no offer); nothing where it is none of format 1, which only a program that wrote it by hand
-- can have caused. An offer, the fifth field, is dropped by whoever writes the record anew.
local function parse(record)
    local epoch, flags, cluster, holder, rest = string.match(record, '^([%da-f]+),(%a+),([%w._-]+),([%da-f]*)(.*)$')
    if not epoch or #epoch < 17 or #epoch > 32 or not legal_flags[flags] or #cluster > 128 then return nil end
    if #holder ~= 0 and #holder ~= 16 then return nil end
    if rest == '' then return epoch, sub(epoch, 1, 16), sub(epoch, 17), flags, cluster, holder end
    local offered, to = string.match(rest, '^,([%da-f]+)>([%w._-]*)$')
    if (not offered or #offered < 17 or #offered > 32 or #to > 128) then return nil end
    if offered ~= epoch then to = nil end
    return epoch, sub(epoch, 1, 16), sub(epoch, 17), flags, cluster, holder, to
end

-- What cannot be a grain would tear the lines of a change apart.
local function is_grain(text)
    if not find(text, '^[%w._-]+/[^%c]+$') then return false end
    if #text <= 130 then return true end
    local slash = find(text, '/', 1, true)
    return slash <= 129 and #text - slash <= 512
end

local function is_tombstone(flags) return sub(flags, 2, 2) == 't' end

local function is_external(grain) return sub(grain, 1, 4) == 'ext.' end

-- Hex without leading zeros: the longer is higher, equal lengths compare as text.
local function is_higher(a, b) return #a > #b or (#a == #b and a > b) end

local function is_epoch_below(a, b)
    local a_token, b_token = sub(a, 1, 16), sub(b, 1, 16)
    if a_token ~= b_token then return a_token < b_token end
    return is_higher(sub(b, 17), sub(a, 17))
end

-- One more than a counter, in 64 bits: Lua's numbers hold only 53.
local function increment(counter)
    local padded = string.rep('0', 16 - #counter) .. counter
    local high, low = tonumber(sub(padded, 1, 8), 16), tonumber(sub(padded, 9), 16) + 1
    if low == 4294967296 then high, low = high + 1, 0 end
    if high == 0 then return string.format('%x', low) end
    return string.format('%x%08x', high, low)
end
