# Who may do what on the bus, in the directory and over HTTP. Read by secrets.sh, which makes passwords and definitions
# of it. Every service has a user of its own; programs that use Holdfast are the user `users`.

# ---------------------------------------------------------------------------------------------- the bus: RabbitMQ

# The exchanges of docs/events.md, without their prefix.
bus_events=(
    consensus-alert directory-memory-lost failover-cancelled failover-completed failover-forced failover-refused
    failover-started grain-claimed grain-demoted grain-promoted grain-released grain-transferred
    handoff-aborted handoff-committed handoff-started leader-elected leader-lost link-degraded
    peer-down peer-fenced peer-left peer-suspected peer-up
    slot-placed slot-recovered slot-unhealthy slot-unrecoverable workload-down
)
bus_commands=(
    abort-handoff confirm-slot cordon-node define-group offer-transfer pause-failover remove-group request-handoff
    resume-failover scale-group start-slot stop-slot uncordon-node
)

bus_users=(consensus gossip failover recovery handoff users operator)

bus_tags() { [ "$1" = operator ] && printf administrator || printf ''; }

# What a user announces, and so may write to. Failover also announces what the directory's outbox holds.
bus_announces() {
    case $1 in
        consensus) printf 'consensus-alert|directory-memory-lost|leader-(elected|lost)|link-degraded|peer-fenced' ;;
        gossip) printf 'link-degraded|peer-(down|left|suspected|up)|workload-down' ;;
        failover) printf 'failover-[a-z]+|grain-[a-z]+|slot-[a-z]+' ;;
        handoff) printf 'handoff-[a-z]+' ;;
    esac
}

# The commands of which it has the queue: the queue, its exchange, its dead letters.
bus_answers() {
    case $1 in
        failover) printf 'pause-failover|resume-failover' ;;
        recovery) printf '(define|remove|scale)-group|confirm-slot|(un)?cordon-node' ;;
    esac
}

# The commands that it answers without being the only one who hears them: each host and each supervisor hears all, by a
# queue of its own, and answers those that concern it.
bus_hears() {
    case $1 in
        handoff) printf '(request|abort)-handoff' ;;
        users) printf 'st(art|op)-slot|offer-transfer' ;;
    esac
}

# The commands that it sends.
bus_sends() {
    case $1 in
        failover) printf 'offer-transfer' ;;
        recovery) printf 'st(art|op)-slot' ;;
        users) printf '(define|remove|scale)-group|confirm-slot|offer-transfer|(request|abort)-handoff' ;;
    esac
}

# Those whose commands it answers: all that it may do for that is to write to where they hear answers.
bus_answers_to() {
    case $1 in
        failover) printf 'operator' ;;
        recovery | handoff) printf 'users|operator' ;;
        users) printf 'failover|recovery|operator' ;;
    esac
}

# Its own queues, each with an exchange of the same name in front, and where it hears answers to its commands. Each
# right is a regular expression inside a JSON text, so a backslash is written twice. Users name their queues as they
# like, but not like Holdfast's or the broker's.
bus_queues() {
    [ "$1" = users ] && printf '(?!holdfast\\\\.|amq\\\\.).+' || printf 'holdfast\\\\.%s\\\\..*' "$1"
}

bus_own() {
    printf '%s|holdfast\\\\.answers\\\\.%s\\\\..*' "$(bus_queues "$1")" "$1"
    [ -z "$(bus_answers "$1")" ] || printf '|holdfast\\\\.cmd\\\\.(%s)(\\\\.dead)?' "$(bus_answers "$1")"
}

# To declare is to be able to delete: its own, and nothing else. The exchanges of events and commands are there already.
bus_configure() { [ "$1" = operator ] && printf '.*' || printf '^(%s)$' "$(bus_own "$1")"; }

# Never the exchange without a name (amq.default): whoever may write to it reaches every queue there is.
bus_write() {
    [ "$1" = operator ] && printf '.*' && return
    printf '^(%s' "$(bus_own "$1")"
    [ -z "$(bus_announces "$1")" ] || printf '|holdfast\\\\.(%s)' "$(bus_announces "$1")"
    [ -z "$(bus_sends "$1")" ] || printf '|holdfast\\\\.cmd\\\\.(%s)' "$(bus_sends "$1")"
    [ -z "$(bus_answers_to "$1")" ] || printf '|holdfast\\\\.answers\\\\.(%s)\\\\..*' "$(bus_answers_to "$1")"
    printf ')$'
}

bus_read() {
    [ "$1" = operator ] && printf '.*' && return
    printf '^(%s|holdfast\\\\.[a-z-]+' "$(bus_own "$1")"
    [ -z "$(bus_hears "$1")" ] || printf '|holdfast\\\\.cmd\\\\.(%s)' "$(bus_hears "$1")"
    printf ')$'
}

# ---------------------------------------------------------------------------------------------- the directory: Redis

redis_users=(failover recovery handoff users)

# StackExchange.Redis 1.2.6 shakes hands before it can say who it is, and never says so on its connection for
# subscriptions, which it keeps alive on a channel of its own. This is all that the nameless may do.
redis_handshake='allchannels -@all +auth +ping +info +client|setname +echo +hello +select +config|get +cluster|nodes'
redis_handshake+=' +subscribe +unsubscribe +quit'

redis_calls='+auth +ping +info +client|setname +echo +hello +select +config|get +cluster|nodes'
redis_calls+=' +subscribe +unsubscribe +quit +eval +evalsha +script|load +script|exists'
redis_reads='+hget +hmget +hgetall +hlen +hscan +exists +scard +sscan +smembers +xlen +xrange +xrevrange'
redis_writes='+hset +hdel +sadd +srem +xadd'

# The keys are those of docs/protocols/directory.md; Redis checks them inside scripts too.
redis_rights() {
    local records='~{hf:*}:meta ~{hf:*}:rec ~{hf:*}:own:* ~{hf:*}:out ~{hf:*}:hist'
    case $1 in
        failover)
            printf '%s' "$records ~{hf:*}:grant:failover -@all $redis_calls $redis_reads $redis_writes +xtrim"
            ;;
        recovery)
            printf '%s' "$records ~{hf:*}:grant:recovery ~{hf:*}:slots:* -@all $redis_calls $redis_reads $redis_writes"
            ;;
        handoff | users) printf '%s' "$records -@all $redis_calls $redis_reads $redis_writes" ;;
    esac
}

# ---------------------------------------------------------------------------------------------- bearer tokens: HTTP

# `services` is what our services show to Consensus; the others are named after who shows them.
tokens=(services users handoff operator)

# The tokens that a service accepts for a change. Consensus also knows the operator's by itself (token-operator): its
# leadership and its members are changed with that one only. And the services' (token-services): operators' orders and
# the directory's definition are written with one of these two only.
declare -A accepted_tokens=(
    [consensus]='services users'
    [gossip]='operator handoff'
    [failover]='operator'
    [recovery]='operator users'
    [handoff]='operator users'
    [samples]='operator users'
)

# ---------------------------------------------------------------------------------------------- certificates: voters

# Each has a certificate in its own name, by which it may be that voter of Consensus and no other.
voters=(consensus-east consensus-west consensus-witness)
