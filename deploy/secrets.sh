#!/usr/bin/env bash
# Makes the secrets of one installation in deploy/secrets/ (in no image, in no environment, not under version control):
# random passwords and tokens, and from them the users of RabbitMQ and of Redis, which hold hashes only; an authority
# and by it a certificate for each voter of Consensus. Needs openssl.
#
#   deploy/secrets.sh            what is missing; what is there stays as it is, but a certificate with less than 30 days
#                                to go is made anew, for running voters to read
#   deploy/secrets.sh --again    all of it anew; then `docker-compose down` and `up` (the volumes stay)
#   HOLDFAST_SECRETS=<folder>    another folder, for this script and for docker-compose.yml alike
#
# The folder is for its owner only (0700). The files in it can be read by all (0444), because the programs in the
# containers run as users who own nothing here and see nothing but the files that are mounted for them.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ "${BASH_VERSINFO[0]}" -ge 4 ] || { printf 'bash 4 or newer is wanted, this is %s.\n' "$BASH_VERSION" >&2 && exit 2; }
. "$here/access.sh"

command -v openssl >/dev/null || {
    printf 'openssl is missing, which makes the certificates. On Debian: sudo apt-get install openssl\n' >&2
    exit 2
}

readonly folder=${HOLDFAST_SECRETS:-$here/secrets}
say() { printf '%s\n' "$*"; }

case ${1:-} in
    "") again=no ;;
    --again) again=yes ;;
    *) say "Unknown argument '$1'. Known: --again." >&2 && exit 2 ;;
esac

umask 077
mkdir -p "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
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

# Signs the voters' certificates and nothing else; its key is mounted nowhere.
authority() {
    [ "$again" = no ] && [ -s "$folder/$1.key" ] && [ -s "$folder/$1.pem" ] && return
    printf '%s\n' '[req]' 'distinguished_name=name' 'x509_extensions=authority' '[name]' '[authority]' \
        'basicConstraints=critical,CA:TRUE,pathlen:0' 'keyUsage=critical,keyCertSign' 'subjectKeyIdentifier=hash' \
        >"$work/settings"
    openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$work/key"
    openssl req -x509 -new -sha256 -key "$work/key" -days 3650 -config "$work/settings" \
        -subj "/CN=Holdfast $1 $(date +%s)" -out "$work/certificate"
    write "$1.key" <"$work/key"
    chmod 0400 "$folder/$1.key"
    write "$1.pem" <"$work/certificate"
    made=$((made + 1))
}

# certificate <name> <authority>: for that node only, as a server and as a client, for two years.
certificate() {
    [ "$again" = no ] && [ -s "$folder/$1.key" ] && [ -s "$folder/$1.pem" ] &&
        openssl verify -CAfile "$folder/$2.pem" "$folder/$1.pem" >"$work/verified" 2>&1 &&
        openssl x509 -checkend $((30 * 24 * 3600)) -noout -in "$folder/$1.pem" >"$work/verified" &&
        [ "$(openssl x509 -pubkey -noout -in "$folder/$1.pem")" = "$(openssl pkey -pubout -in "$folder/$1.key")" ] &&
        return
    printf '%s\n' '[req]' 'distinguished_name=name' '[name]' >"$work/settings"
    printf '%s\n' 'basicConstraints=critical,CA:FALSE' 'keyUsage=critical,digitalSignature' \
        'extendedKeyUsage=serverAuth,clientAuth' "subjectAltName=DNS:$1" 'authorityKeyIdentifier=keyid' >"$work/uses"
    openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt -out "$work/key"
    openssl req -new -sha256 -key "$work/key" -config "$work/settings" -subj "/CN=$1" -out "$work/request"
    openssl x509 -req -sha256 -in "$work/request" -CA "$folder/$2.pem" -CAkey "$folder/$2.key" -days 730 \
        -set_serial "0x01$(od -An -v -tx1 -N15 /dev/urandom | tr -d ' \n')" -extfile "$work/uses" \
        -out "$work/certificate" 2>"$work/said" || { cat "$work/said" >&2 && exit 1; }
    write "$1.key" <"$work/key"
    write "$1.pem" <"$work/certificate"
    made=$((made + 1))
}

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

authority consensus-authority
for name in "${voters[@]}"; do
    certificate "$name" consensus-authority
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
