#!/bin/sh
# publish.sh <folder>: every service of the list beside it, into a folder of its own name there. Compiled ahead of
# time, so that two dozen processes that start at once on two cores do not wait for the just-in-time compiler.
set -eu
out=$1
here=$(dirname "$0")
case $(uname -m) in
    aarch64 | arm64) rid=linux-arm64 ;;
    *) rid=linux-x64 ;;
esac

list() { grep -v '^#' "$here/services"; }

# By the environment, since ';' separates the properties of a command line.
Projects=$(list | while read -r _ projects; do
    for project in $projects; do printf '../../%s/%s.csproj;' "$project" "$(basename "$project")"; done
done)
export Projects
dotnet msbuild "$here/images.proj" -maxCpuCount -verbosity:quiet -nologo -p:Rid=$rid -p:Out="$out/by-project"

# Three builds of a daemon to hand over between: two that differ in nothing but their name, and one that says of itself
# that it is not healthy, to which a handoff is aborted.
builds() {
    name=$(basename "$1") builds=$2/builds/$(basename "$1" | tr '[:upper:]' '[:lower:]')
    mkdir -p "$builds"
    for build in 1.0.0 1.1.0 1.2.0-unhealthy; do cp -R "$out/by-project/$name" "$builds/$build"; done
    printf '{ "%s": { "Unhealthy": true } }\n' "$name" > "$builds/1.2.0-unhealthy/appsettings.json"
}

list | while read -r name project daemon; do
    mv "$out/by-project/$(basename "$project")" "$out/$name"
    [ -z "$daemon" ] || builds "$daemon" "$out/$name"
    echo "Published $name"
done
