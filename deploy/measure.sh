#!/usr/bin/env bash
# Brings up a fresh set beside whatever runs, from the images that are built, and prints what this machine did until
# everything was healthy and what each container uses then; ends it and forgets it. On two cores of its own the first
# figure is about 60 s; so that it can be judged, it says how busy the machine was before.
#
#   deploy/measure.sh          on ports 92xx, as project holdfast-measure
#   HOLDFAST_PORTS=93 deploy/measure.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly seconds_max=300
export COMPOSE_PROJECT_NAME=holdfast-measure HOLDFAST_PORTS=${HOLDFAST_PORTS:-92}
work=$(mktemp -d)
export HOLDFAST_SECRETS=$work/secrets
readonly gate=secrets-made-by-deploy-secrets.sh

if docker compose version >/dev/null 2>&1; then compose=(docker compose); else compose=(docker-compose); fi

containers() { docker ps --all --filter "label=com.docker.compose.project=$COMPOSE_PROJECT_NAME" "$@"; }

end() {
    local status=$?
    "${compose[@]}" kill >/dev/null 2>&1 || true
    "${compose[@]}" down --volumes --timeout 1 >/dev/null 2>&1 || true
    rm -rf "$work"
    exit $status
}
trap end EXIT

# busy <seconds>: the part of this machine that is in use, in percent.
busy() {
    local a b
    a=$(head -n 1 /proc/stat) && sleep "$1" && b=$(head -n 1 /proc/stat)
    printf '%s\n%s\n' "$a" "$b" | awk '
        { all = 0; for (i = 2; i <= 9; i++) all += $i; idle = $5 + $6 }
        NR == 1 { all0 = all; idle0 = idle }
        END { printf "%d", 100 * (1 - (idle - idle0) / (all - all0)) }'
}

unhealthy() {
    containers --format '{{.Label "com.docker.compose.service"}} {{.Status}}' |
        grep -v -e '(healthy)$' -e "^$gate Exited (0)" || true
}

deploy/secrets.sh >/dev/null
before=$(busy 2)
start=$(date +%s%N)
"${compose[@]}" up --detach --no-build >"$work/up.log" 2>&1 || { tail -n 20 "$work/up.log" >&2 && exit 1; }
while left=$(unhealthy) && [ -n "$left" ]; do
    if [ $((($(date +%s%N) - start) / 1000000000)) -ge $seconds_max ]; then
        printf 'Not healthy after %s s:\n%s\n' "$seconds_max" "$left" >&2
        exit 1
    fi
    sleep 0.2
done
awk -v from="$start" -v to="$(date +%s%N)" -v cores="$(nproc)" -v busy="$before" -v many="$(containers -q | wc -l)" \
    'BEGIN { printf "From up to all healthy: %.1f s (%d containers; %d cores, %d %% busy before)\n",
        (to - from) / 1e9, many, cores, busy }'
containers --format '{{.Names}}' | grep -v "$gate" | xargs docker stats --no-stream --format '{{.Name}}\t{{.MemUsage}}'
