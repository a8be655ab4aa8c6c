-- closeWindow: owners had time to tell what they hold. ARGV: shards, election, token, and the token of the loss that
-- the window was opened for, so that a late word about one loss closes no window of the next.
local opened = ARGV[4]
local refusal = unusable(true)
if refusal then return answer(refusal) end
if ARGV[3] < floor then return answer('belowFloor') end
local last = last_opening()
if opened < last then return answer('belowFloor', last) end
if opened > last then return answer('shardLost') end
if window == '1' then
    seq = seq + 1
    redis.call('HSET', KEYS[1], 'window', '0', 'seq', number(seq))
end
return answer('ok')
