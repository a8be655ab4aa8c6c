-- What a shard says of itself, and the process it was opened on, the one that answers, and the
-- sequence that the first began with. ARGV: shards.
return answer(unusable(false, true) or 'ok', floor, runs())
