#!/bin/bash
# health.sh [port] [path]: whether the service in this container is ready; says what it waits for when it is not.
# With bash's own sockets, since the image has no HTTP client and a .NET process for each look would cost too much.
set -u
port=${1:-${ASPNETCORE_HTTP_PORTS%%[;,]*}} path=${2:-/readyz}
exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
printf 'GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$path" >&3
read -r -t 4 _ status _ <&3 || exit 1
[ "$status" = 200 ] && exit 0
while IFS= read -r -t 1 line && [ "${line%$'\r'}" != "" ]; do :; done <&3
timeout 1 cat <&3
exit 1
