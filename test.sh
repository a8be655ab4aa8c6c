#!/usr/bin/env bash
# Builds everything and runs every test. The last line is `N passed, N failed` (and `, N skipped` where some were),
# and the exit code is 0 only when nothing failed. Logs and results stay in TestResults/.
#
#   ./test.sh                  all of it
#   ./test.sh Gossip Failover  only test projects whose name contains one of the words, without the format check
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly configuration=Debug        # The same binaries that `dotnet run` uses, so neither builds twice.
readonly results=TestResults
readonly seconds_max=540            # For one test project; a test that hangs is named by the runner after 60 s.
readonly seconds_max_worlds=1200    # For those that start whole sets of containers, voters or servers, again and again.
readonly words=("$@")
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_UI_LANGUAGE=en

passed=0 failed=0 skipped=0
broken=()

say() { printf '%s\n' "$*"; }

die() {
    say "$*" >&2
    exit 2
}

has() { command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ]; }

# ---------------------------------------------------------------------------------------------- what is needed

need_sdk() {
    has dotnet || die "The .NET SDK is missing: https://dotnet.microsoft.com/download (version 10)."
    dotnet --version >/dev/null 2>&1 ||
        die "The .NET SDK that global.json asks for is missing. Installed: $(dotnet --list-sdks 2>&1 | tr '\n' ' ')"
}

missing_packages() {
    has redis-server || printf '%s\n' redis-server
    has rabbitmq-server || printf '%s\n' rabbitmq-server
    # Its programs are in no PATH, but in a folder for each version.
    compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || printf '%s\n' postgresql
    # The subscriber that is not .NET runs on the distribution's Python, whatever else is first in PATH.
    /usr/bin/python3 -c 'import pika' 2>/dev/null || printf '%s\n' python3-pika
}

install_missing() {
    local packages as_root=()
    mapfile -t packages < <(missing_packages)
    [ ${#packages[@]} -eq 0 ] && return
    local by_hand="sudo apt-get update && sudo apt-get install --yes ${packages[*]}"
    has apt-get || die "Missing: ${packages[*]}. Install them with this system's packages and run ./test.sh again."
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || die "Missing: ${packages[*]}. Install them and run ./test.sh again:
    $by_hand"
        as_root=(sudo -n)
    fi

    say "Installing ${packages[*]} ..."
    # RUNLEVEL=1: the tests start servers of their own; the distribution's need not run. Without apt-utils debconf
    # would only complain.
    "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
            apt-get install --yes -qq --no-install-recommends "${packages[@]}" </dev/null >"$results/apt.log" 2>&1 ||
        die "Could not install ${packages[*]} (see $results/apt.log). By hand:
    $by_hand"
}

# ---------------------------------------------------------------------------------------------- build and format

has_image() { docker image inspect "$1" || timeout 120 docker pull --quiet "$1"; }

# Those of tests/Servers.
has_server_images() {
    has_image "${HOLDFAST_RABBITMQ_IMAGE:-rabbitmq:3.13}" && has_image "${HOLDFAST_REDIS_IMAGE:-redis:7}" &&
        has_image "${HOLDFAST_POSTGRES_IMAGE:-postgres:16}"
}

# Containers are used where an engine answers, has the images, and the package restores; else native processes. Same
# tests either way.
backend=native
choose_backend() {
    if ! { has docker && timeout 10 docker info; } >/dev/null 2>&1; then
        say "Servers: native processes (no container engine answers)."
    elif ! has_server_images >/dev/null 2>&1; then
        say "Servers: native processes (the images of the servers are neither here nor to be pulled)."
    elif ! dotnet restore tests/Servers -p:UseTestcontainers=true >"$results/testcontainers.log" 2>&1; then
        say "Servers: native processes (the Testcontainers package does not restore)."
    else
        backend=testcontainers
        say "Servers: Testcontainers."
    fi
}

build() {
    local options=(--configuration "$configuration" --verbosity minimal -consoleloggerparameters:NoSummary)
    [ "$backend" = testcontainers ] && options+=(-p:UseTestcontainers=true)
    local target targets=(Services.sln)
    [ ${#words[@]} -eq 0 ] || mapfile -t targets < <(printf 'tests/%s\n' "${projects[@]}")
    say "Building ..."
    for target in "${targets[@]}"; do
        # One line for each project as it is done.
        dotnet build "$target" "${options[@]}" </dev/null 2>&1 | tee -a "$results/build.log" | sed -uE 's/ -> .*//'
        [ "${PIPESTATUS[0]}" -eq 0 ] || return 1
    done
}

# The images that the tests in containers start, where that can be: an engine that answers is used, none is installed.
# Where they cannot be built, those that are there are of other sources, and what they do says nothing: the tests are
# told why not, and skip, or fail where HOLDFAST_CONTAINERS is `required`.
build_images() {
    local status=0 reason
    [[ " ${projects[*]} " == *" Containers "* ]] || return 0
    say "Building the images ..."
    deploy/build.sh </dev/null >"$results/images.log" 2>&1 || status=$?
    case $status in
        0) ;;
        3)
            reason=$(tail -n 1 "$results/images.log")
            say "Containers: not tested. $reason"
            export HOLDFAST_CONTAINERS_WHY_NOT=$reason
            ;;
        *)
            export HOLDFAST_CONTAINERS_WHY_NOT="The images do not build, see $results/images.log."
            failed=$((failed + 1))
            broken+=("images: see $results/images.log")
            tail -n 20 "$results/images.log"
            ;;
    esac
}

check_format() {
    say "Checking the format ..."
    if dotnet format Services.sln --verify-no-changes --no-restore </dev/null >"$results/format.log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        broken+=("format: run \`dotnet format\`; see $results/format.log")
        grep -m 20 -E 'error|warning' "$results/format.log"
    fi
}

# ---------------------------------------------------------------------------------------------- tests

# Test projects are found, not listed, so that none is forgotten.
test_projects() {
    local project name word
    for project in tests/*/*.csproj; do
        name=$(basename "$project" .csproj)
        grep -q '<OutputType>Exe' "$project" && [ "$name" != Benchmarks ] || continue
        [ ${#words[@]} -eq 0 ] && printf '%s\n' "$name"
        for word in "${words[@]}"; do
            [[ $name == *"$word"* ]] && printf '%s\n' "$name" && break
        done
    done
}

# What neither waits nor listens may share the machine; what measures time or starts processes gets it alone.
is_pure() {
    [[ $1 == Repository || $1 == *.Protocol.Tests || $1 == *.Primitives.Tests || $1 == *Simulation.Tests ||
        $1 == *.Contracts.Tests ]]
}

assembly_of() { [[ $1 == Holdfast.* ]] && printf '%s' "$1" || printf 'Holdfast.%s' "$1"; }

limit_of() {
    case $1 in
        Containers | *.Rounds | Failover.Service.Tests | Integration) printf '%s' "$seconds_max_worlds" ;;
        *) printf '%s' "$seconds_max" ;;
    esac
}

run_project() {
    local name=$1 status=0
    HOLDFAST_TEST_SERVERS=$backend timeout --kill-after=10 "$(limit_of "$name")" \
        dotnet "tests/$name/bin/$configuration/net10.0/$(assembly_of "$name").dll" \
        -noColor -noLogo -longRunning 60 -xml "$results/$name.xml" \
        </dev/null >"$results/$name.log" 2>&1 || status=$?
    printf '%s' "$status" >"$results/$name.status"
}

attribute() { sed -nE "s/.*<assembly [^>]* $2=\"([0-9.]+)\".*/\1/p" "$results/$1.xml" 2>/dev/null | head -n 1; }

failures_of() { awk -v name="$1" -f tests/failures.awk "$results/$1.log" | head -n 10; }

report_project() {
    local name=$1 status ok bad errors left
    status=$(cat "$results/$name.status")
    ok=$(attribute "$name" passed) bad=$(attribute "$name" failed)
    errors=$(attribute "$name" errors) left=$(attribute "$name" skipped)
    bad=$((${bad:-0} + ${errors:-0}))
    local why=""
    if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then why="stopped after $(limit_of "$name") s"
    elif [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then why="the test process ended with exit code $status"
    elif [ "${ok:-0}" -eq 0 ] && [ "$bad" -eq 0 ]; then why="found no test to run"; fi
    [ -n "$why" ] && bad=$((bad + 1))

    printf '  %-28s %5d passed, %d failed, %d skipped  %8.1f s\n' \
        "$name" "${ok:-0}" "$bad" "${left:-0}" "$(attribute "$name" time || printf 0)"
    passed=$((passed + ${ok:-0})) failed=$((failed + bad)) skipped=$((skipped + ${left:-0}))
    if [ "$bad" -gt 0 ]; then
        broken+=("$name: ${why:-$bad failed}; see $results/$name.log")
        mapfile -t -O "${#broken[@]}" broken < <(failures_of "$name")
        grep -v '^  \(Discover\|Starting\|Finished\)' "$results/$name.log" | tail -n 80
    fi
}

# Waits until fewer than so many are under way, and tells of each that has ended.
until_fewer_than() {
    local name left
    while [ ${#pending[@]} -ge "$1" ]; do
        wait -n || [ $? -ne 127 ] || die "A test project ended without its exit code."
        left=()
        for name in "${pending[@]}"; do
            if [ -s "$results/$name.status" ]; then report_project "$name"; else left+=("$name"); fi
        done
        pending=("${left[@]}")
    done
}

run_tests() {
    local name pending=()
    say "Testing ..."
    for name in "${projects[@]}"; do
        is_pure "$name" || continue
        run_project "$name" &
        pending+=("$name")
        until_fewer_than 2
    done
    until_fewer_than 1
    for name in "${projects[@]}"; do
        is_pure "$name" && continue
        run_project "$name"
        report_project "$name"
    done
}

# What tests and their servers write is thrown away, and a slow disk makes brokers and voters so slow that tests wait
# for nothing else: it goes into memory where there is room, unless TMPDIR names another place. What is killed loses as
# little there as on a disk.
readonly memory=/dev/shm
readonly memory_min_kib=$((6 * 1024 * 1024))
write_to_memory() {
    local folder free
    [ -z "${TMPDIR:-}" ] || return
    free=$(df --output=avail --block-size=1K "$memory" 2>/dev/null | tail -n 1)
    [ "${free:-0}" -ge "$memory_min_kib" ] || return
    folder=$(mktemp -d "$memory/hf.XXXXXX" 2>/dev/null) || return

    # PostgreSQL comes through as a user of its own. Tests start what they copied there.
    chmod 711 "$folder"
    if cp /bin/true "$folder/true" && "$folder/true" 2>/dev/null; then
        trap 'rm -rf "$TMPDIR"' EXIT
        export TMPDIR=$folder
        say "What tests write: in memory ($((free / 1024 / 1024)) GiB free; another place: TMPDIR)."
    else
        rm -rf "$folder"
    fi
}

# ---------------------------------------------------------------------------------------------- all

mapfile -t projects < <(test_projects)
[ ${#projects[@]} -gt 0 ] || die "No test project is named like: ${words[*]}"
rm -rf "$results"
mkdir -p "$results"
need_sdk
install_missing
choose_backend
if build; then
    [ ${#words[@]} -gt 0 ] || check_format
    build_images
    write_to_memory
    run_tests
else
    failed=$((failed + 1))
    broken+=("build: see $results/build.log")
fi

for line in "${broken[@]}"; do say "FAILED $line"; done
summary="$passed passed, $failed failed"
[ "$skipped" -gt 0 ] && summary="$summary, $skipped skipped"
say "$summary"
[ "$failed" -eq 0 ]
