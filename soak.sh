#!/usr/bin/env bash
# The long rounds: repeats tests until the time is up, to find what fails once in a hundred. Run ./test.sh first; this
# builds nothing. Stops at the first failure and leaves its log.
#
#   ./soak.sh [minutes] [project ...]     default: 30 minutes of the test projects that start processes
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly minutes=${1:-30}
[[ $minutes =~ ^[0-9]+$ ]] || { printf 'The first argument is a number of minutes, not %s.\n' "$minutes" >&2; exit 2; }
shift || true
projects=("$@")
[ ${#projects[@]} -gt 0 ] || projects=(Consensus.Service.Tests Gossip.Service.Tests Failover.Service.Tests Integration)

mkdir -p TestResults
rounds=0
while [ "$SECONDS" -lt $((minutes * 60)) ]; do
    for name in "${projects[@]}"; do
        assembly=$name
        [[ $name == Holdfast.* ]] || assembly=Holdfast.$name
        log=TestResults/soak-$name.log
        if ! timeout --kill-after=10 600 dotnet "tests/$name/bin/Debug/net10.0/$assembly.dll" -noColor -noLogo \
            </dev/null >"$log" 2>&1; then
            tail -n 60 "$log"
            printf '%s failed in round %d after %d s; see %s\n' "$name" $((rounds + 1)) "$SECONDS" "$log"
            exit 1
        fi
    done
    rounds=$((rounds + 1))
done
printf '%d rounds in %d s, none failed\n' "$rounds" "$SECONDS"
