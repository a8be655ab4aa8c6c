#!/bin/sh
# choose.sh <service>: refuses a name that is not in the list beside it, else writes how that service is started.
set -eu
cd "$(dirname "$0")"
chosen=${1:-}
project=$(awk -v name="$chosen" '$1 == name && name != "#" { print $2 }' services)
if [ -z "$project" ]; then
    echo "The build argument SERVICE is '$chosen'; wanted is one of:" \
        "$(awk '!/^#/ { printf "%s%s", sep, $1; sep = ", " }' services)." >&2
    echo "For instance: docker build --build-arg SERVICE=gossip ." >&2
    exit 1
fi

# exec: the service is process 1 of its container and hears the signals.
printf '#!/bin/sh\nexec dotnet /app/Holdfast.%s.dll "$@"\n' "$(basename "$project")" > start
chmod 755 start health.sh
