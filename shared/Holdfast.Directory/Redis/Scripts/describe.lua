-- What a shard says of itself. ARGV: shards.
return answer(unusable(false) or 'ok')
