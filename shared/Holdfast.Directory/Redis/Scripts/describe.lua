-- What a shard says of itself, and the process it was opened on and the one that answers. ARGV: shards.
return answer(unusable(false) or 'ok', floor, runs())
