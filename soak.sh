#!/usr/bin/env bash
# The long rounds, to find what fails once in a hundred. Run ./test.sh first; this builds nothing. Stops at the first
# failure and leaves its log.
#
#   ./soak.sh [minutes] [project ...]     repeats tests; default: 30 minutes of the projects that start processes
#   ./soak.sh --hours H [--first S]       new seeds of the simulation of Consensus, on all processors but one, for so
#                                         long; adds a line to docs/soak/README.md, which is to be committed
#   ./soak.sh --rounds N [--first S]      so many rounds of real voters and real faults (tests/Consensus.Rounds), with
#                                         new seeds; adds a line there, too
#   ./soak.sh --failover-rounds [N] [--only FAULT] [--first S]   the same with real promoters (tests/Failover.Rounds),
#                                         100 of them if not said, which stop at the third broken one; 152 rounds of
#                                         one fault meet 76 steps
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

say() { printf '%s\n' "$*"; }

die() {
    say "$*" >&2
    exit 2
}

readonly summary=docs/soak/README.md

# What a row says was run. Of a tree with changes of its own nobody could run it again, so nothing begins there; rows
# that wait to be committed are none.
committed() {
    local changed
    changed=$(git status --porcelain --untracked-files=no -- . ":!$summary") || exit 2
    [ -z "$changed" ] || die "No row is written of what no commit has, so nothing is run. Commit first:"$'\n'"$changed"
    git describe --always --abbrev=12
}

# At the end of the table of a section of the summary.
add_row() {
    local section=$1 row=$2 line
    line=$(awk -v section="$section" '
        /^## / { inside = ($0 == section) }
        inside && /^\|/ { last = NR }
        END { print last }' "$summary")
    sed -i "${line:?no table in $summary under $section}a\\$row" "$summary"
    say "$row"
}

# Each process takes seeds of its own, a million apart. Their rows become one.
simulate() {
    local hours=$1 first=$2
    local assembly=tests/Consensus.Simulation.Tests/bin/Debug/net10.0/Holdfast.Consensus.Simulation.Tests.dll
    local row commit processes number failed=0 pending=()
    commit=$(committed) || exit 2
    [ -f "$assembly" ] || die "Build first: ./test.sh Simulation"
    processes=$(($(nproc) > 1 ? $(nproc) - 1 : 1))
    rm -f TestResults/soak-simulation-*
    for ((number = 0; number < processes; number++)); do
        dotnet "$assembly" --hours "$hours" --first $((first + number * 1000000)) \
            --summary "TestResults/soak-simulation-$number.rows" \
            >"TestResults/soak-simulation-$number.log" 2>&1 </dev/null &
        pending+=($!)
    done
    for number in "${pending[@]}"; do wait "$number" || failed=1; done
    cat TestResults/soak-simulation-*.log
    [ "$failed" -eq 0 ] || { say "A seed failed: no summary is written."; exit 1; }
    row=$(cat TestResults/soak-simulation-*.rows |
        awk -F'|' -v date="$(date -u +%Y-%m-%d)" -v commit="$commit" '
            { first = first (first == "" ? "" : ", ") $3; seeds += $4; hours += $5; minutes += $6 }
            END { printf "| %s | %s |%s| %d | %.1f | %.1f | 0 |\n", date, commit, first, seeds, hours, minutes / 60 }')
    add_row "## The simulation" "$row"
}

# Each round is a process in a sandbox of its own; as root with every fault, else without those of disks and networks
# where the system does not allow a sandbox.
run_rounds() {
    local rounds=$1 first=$2
    local assembly=tests/Consensus.Rounds/bin/Debug/net10.0/Holdfast.Consensus.Rounds.dll
    local commit row=TestResults/soak-rounds.row
    commit=$(committed) || exit 2
    [ -f "$assembly" ] || die "Build first: ./test.sh Rounds"
    rm -f "$row"
    dotnet "$assembly" --rounds "$rounds" --first "$first" --summary "$row" </dev/null 2>&1 |
        tee TestResults/soak-rounds.log
    [ "${PIPESTATUS[0]}" -eq 0 ] || { say "A round failed: no summary is written."; exit 1; }
    add_row "## Real voters and real faults" "| $(date -u +%Y-%m-%d) | $commit | $(cat "$row")"
}

# All rounds share the processes of one installation.
run_failover_rounds() {
    local rounds=$1 first=$2
    shift 2
    local assembly=tests/Failover.Rounds/bin/Debug/net10.0/Holdfast.Failover.Rounds.dll
    local commit row=TestResults/soak-failover-rounds.row
    commit=$(committed) || exit 2
    [ -f "$assembly" ] || die "Build first: ./test.sh Rounds"
    rm -f "$row"
    dotnet "$assembly" --rounds "$rounds" --seed "$first" --summary "$row" "$@" </dev/null 2>&1 |
        tee TestResults/soak-failover-rounds.log
    [ "${PIPESTATUS[0]}" -eq 0 ] || { say "A round failed: no summary is written."; exit 1; }
    add_row "## Real promoters and real faults" "| $(date -u +%Y-%m-%d) | $commit | $(cat "$row")"
}

repeat() {
    local minutes=$1 name log assembly rounds=0
    shift
    local projects=("$@")
    [ ${#projects[@]} -gt 0 ] ||
        projects=(Consensus.Service.Tests Gossip.Service.Tests Failover.Service.Tests Integration)
    while [ "$SECONDS" -lt $((minutes * 60)) ]; do
        for name in "${projects[@]}"; do
            assembly=$name
            [[ $name == Holdfast.* ]] || assembly=Holdfast.$name
            log=TestResults/soak-$name.log
            if ! timeout --kill-after=10 600 dotnet "tests/$name/bin/Debug/net10.0/$assembly.dll" -noColor -noLogo \
                </dev/null >"$log" 2>&1; then
                tail -n 60 "$log"
                say "$name failed in round $((rounds + 1)) after $SECONDS s; see $log"
                exit 1
            fi
        done
        rounds=$((rounds + 1))
    done
    say "$rounds rounds in $SECONDS s, none failed"
}

mkdir -p TestResults
# By default seeds that no run before this one had: a day of seeds for each day since 2026.
first=$((($(date +%s) - 1767225600) / 60 * 100))
only=()
mode=${1:-}
case $mode in
    --hours | --rounds | --failover-rounds)
        if [[ $mode = --failover-rounds && (-z ${2:-} || $2 = --*) ]]; then set -- "$mode" 100 "${@:2}"; fi
        number=${2:-}
        [[ $number =~ ^[0-9]+$ || ($mode = --hours && $number =~ ^[0-9]+\.[0-9]+$) ]] || die "$mode wants a number."
        shift 2
        while [ $# -gt 0 ]; do
            [ $# -gt 1 ] || die "$1 wants a value."
            case $mode/$1 in
                */--first) first=$2 ;;
                --failover-rounds/--only) only=(--only "$2") ;;
                *) die "$mode has no option $1: --first, and --only for --failover-rounds, are there." ;;
            esac
            shift 2
        done
        ;;
esac

case $mode in
    --hours) simulate "$number" "$first" ;;
    --rounds) run_rounds "$number" "$first" ;;
    --failover-rounds) run_failover_rounds "$number" "$first" "${only[@]}" ;;
    *)
        minutes=${1:-30}
        [[ $minutes =~ ^[0-9]+$ ]] || die "The first argument is a number of minutes, not $minutes."
        shift || true
        repeat "$minutes" "$@"
        ;;
esac
