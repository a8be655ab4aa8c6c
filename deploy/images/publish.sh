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
Projects=$(list | while read -r _ project; do printf '../../%s/%s.csproj;' "$project" "$(basename "$project")"; done)
export Projects
dotnet msbuild "$here/images.proj" -maxCpuCount -verbosity:quiet -nologo -p:Rid=$rid -p:Out="$out/by-project"
list | while read -r name project; do
    mv "$out/by-project/$(basename "$project")" "$out/$name"
    echo "Published $name"
done
