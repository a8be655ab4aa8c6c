#!/usr/bin/env bash
# Makes the secrets of one installation in deploy/secrets/ (in no image, in no environment, not under version control):
# random passwords and tokens, and from them the users of RabbitMQ and of Redis, which hold hashes only.
#
#   deploy/secrets.sh            what is missing; what is there stays as it is
#   deploy/secrets.sh --again    all of it anew; then `docker-compose down` and `up` (the volumes stay)
#   HOLDFAST_SECRETS=<folder>    another folder, for this script and for docker-compose.yml alike
#
# The folder is for its owner only (0700). The files in it can be read by all (0444), because the programs in the
# containers run as users who own nothing here and see nothing but the files that are mounted for them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "${BASH_VERSINFO[0]}" -ge 4 ] || { printf 'bash 4 or newer is wanted, this is %s.\n' "$BASH_VERSION" >&2 && exit 2; }
. "$here/access.sh"

readonly folder=${HOLDFAST_SECRETS:-$here/secrets}
say() { printf '%s\n' "$*"; }

case ${1:-} in
    "") again=no ;;
    --again) again=yes ;;
    *) say "Unknown argument '$1'. Known: --again." >&2 && exit 2 ;;
esac

umask 077
mkdir -p "$folder"
made=0

# write <name>: standard input becomes the file. Into the one that is there, since containers keep what they mounted.
write() {
    [ ! -e "$folder/$1" ] || chmod 0644 "$folder/$1"
    cat >"$folder/$1"
    chmod 0444 "$folder/$1"
}

# 32 random bytes as hex: fit for a password, a bearer token and a shared secret alike.
random() {
    [ "$again" = no ] && [ -s "$folder/$1" ] && return
    od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n' | write "$1"
    made=$((made + 1))
}

secret() { cat "$folder/$1"; }

sha256() { sha256sum | cut -d ' ' -f 1; }

from_hex() { printf '%b' "$(sed 's/../\\x&/g')"; }

# RabbitMQ's: base64 of a salt of four bytes and the SHA-256 of salt and password. The salt is drawn from the password,
# so that the file stays the same while the password does.
rabbitmq_hash() {
    local salt
    salt=$(printf 'salt of %s' "$1" | sha256 | cut -c 1-8)
    printf '%s%s' "$salt" "$({ printf '%s' "$salt" | from_hex && printf '%s' "$1"; } | sha256)" | from_hex | base64 -w 0
}

rabbitmq_definitions() {
    local user separator=''
    printf '{\n  "vhosts": [{"name": "/"}],\n  "users": ['
    for user in "${bus_users[@]}"; do
        printf '%s\n    {"name": "%s", "password_hash": "%s", "hashing_algorithm": "rabbit_password_hashing_sha256", ' \
            "$separator" "$user" "$(rabbitmq_hash "$(secret "bus-$user")")"
        printf '"tags": "%s"}' "$(bus_tags "$user")"
        separator=,
    done
    printf '\n  ],\n  "permissions": ['
    separator=''
    for user in "${bus_users[@]}"; do
        printf '%s\n    {"user": "%s", "vhost": "/", "configure": "%s", "write": "%s", "read": "%s"}' "$separator" \
            "$user" "$(bus_configure "$user")" "$(bus_write "$user")" "$(bus_read "$user")"
        separator=,
    done
    printf '\n  ],\n  "exchanges": ['
    separator=''
    for exchange in "${bus_events[@]/#/holdfast.}" "${bus_commands[@]/#/holdfast.cmd.}"; do
        printf '%s\n    {"name": "%s", "vhost": "/", "type": "fanout", "durable": true, "auto_delete": false, ' \
            "$separator" "$exchange"
        printf '"internal": false, "arguments": {}}'
        separator=,
    done
    printf '\n  ]\n}\n'
}

redis_users() {
    local user
    printf 'user default on nopass resetkeys %s\n' "$redis_handshake"
    for user in "${redis_users[@]}"; do
        printf 'user %s on #%s resetkeys resetchannels %s\n' \
            "$user" "$(secret "redis-$user" | sha256)" "$(redis_rights "$user")"
    done
}

for name in "${bus_users[@]/#/bus-}" "${redis_users[@]/#/redis-}" "${tokens[@]/#/token-}" \
    gossip-secret consensus-secret; do
    random "$name"
done

rabbitmq_definitions | write rabbitmq-definitions.json
redis_users | write redis-users.acl
for service in "${!accepted_tokens[@]}"; do
    for name in ${accepted_tokens[$service]}; do
        secret "token-$name"
        printf '\n'
    done | write "accepted-$service"
done
say "$folder: $made secrets made, $(find "$folder" -type f | wc -l) files in all."
