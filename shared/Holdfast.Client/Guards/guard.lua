-- A write that Redis carries out only while no higher epoch was seen for the grain: docs/protocols/guards.md. Stands
-- behind the user's own write, which is the body of `local function write(KEYS, ARGV) ... end`.
-- KEYS[1] is where the grain's highest epoch stands, ARGV[1] the epoch of this write; the write gets the rest of both.
-- Answers { 1, highest, what the write returned }, or { 0, highest } where it is refused and nothing was changed.
local digit = '[0-9a-f]'
local shape = '^' .. string.rep(digit, 16) .. '%-' .. string.rep(digit, 16) .. '$'

local function rest(list)
    local others = {}
    for i = 2, #list do others[i - 1] = list[i] end
    return others
end

local epoch = ARGV[1]
if not string.match(epoch, shape) then
    return redis.error_reply('EPOCHMALFORMED The epoch of the write is ' .. string.sub(epoch, 1, 64))
end
local highest = redis.call('GET', KEYS[1])
if highest and not string.match(highest, shape) then
    return redis.error_reply('EPOCHMALFORMED The epoch of the grain is ' .. string.sub(highest, 1, 64))
end
if highest and epoch < highest then return { 0, highest } end

-- First the epoch: a script that fails half way keeps what it did, and a guard may close too early, never too late.
if epoch ~= highest then redis.call('SET', KEYS[1], epoch) end
local result = write(rest(KEYS), rest(ARGV))
if type(result) == 'table' and result.err then return result end
return { 1, epoch, result }
