#!/usr/bin/env bash
# Builds, from this distribution's packages and the installed .NET SDK, the base images that the Dockerfile and
# docker-compose.yml name, for machines that reach no image registry. They carry the registry's tags, so that nothing
# else has to change, and each says what it really is: in its labels and in /etc/holdfast-airgapped.
#
#   deploy/airgapped/base-images.sh            what is missing (as root: debootstrap needs it)
#   deploy/airgapped/base-images.sh --again    all of it, also where an image of ours is there already
#   MIRROR=<url> deploy/airgapped/base-images.sh    packages from there instead of where this machine's apt gets them
#
# An image of that name which is not ours (a real one, from a registry) is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly label=io.holdfast.airgapped
readonly base=holdfast/airgapped-base:latest
again=no

say() { printf '%s\n' "$*"; }

die() {
    say "$*" >&2
    exit 2
}

need() { command -v "$1" >/dev/null 2>&1 || die "$1 is missing: install Debian's package $2."; }

case ${1:-} in
    "") ;;
    --again) again=yes ;;
    *) die "Unknown argument '$1'. Known: --again." ;;
esac
[ "$(id -u)" -eq 0 ] || die "debootstrap needs root: run this as root."
need docker docker.io
PATH=$PATH:/usr/sbin need debootstrap debootstrap
docker info >/dev/null 2>&1 || die "No container engine answers: is dockerd running, and may this user talk to it?"
export PATH=$PATH:/usr/sbin

# ---------------------------------------------------------------------------------------------- what is there

ours() { [ -n "$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$1" 2>/dev/null)" ]; }

wanted() {
    docker image inspect "$1" >/dev/null 2>&1 || return 0
    ours "$1" || { say "$1: there already, and not made here; left alone." && return 1; }
    [ "$again" = yes ] || { say "$1: there already." && return 1; }
}

# Where this machine's apt gets the distribution itself from, so that the images get the same packages.
mirror() {
    local site
    site=$(apt-get indextargets --format '$(SITE) $(CODENAME)' 2>/dev/null |
        awk -v suite="$1" '$2 == suite { print $1; exit }')
    [ -n "${MIRROR:-$site}" ] || die "apt knows no mirror of $1: name one in MIRROR."
    printf '%s' "${MIRROR:-$site}"
}

# The folder of the SDK that `dotnet` runs, whatever the path to it is on this machine.
dotnet_folder() { dirname "$(readlink -f "$(command -v dotnet)")"; }

# ---------------------------------------------------------------------------------------------- how they are made

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

bootstrap() {
    local suite source
    suite=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-bookworm}")
    source=$(mirror "$suite")
    say "$base: debootstrap $suite ..."
    # What all of them need is installed here, once.
    debootstrap --variant=minbase --include=ca-certificates,tzdata \
        "$suite" "$work/root" "$source" >"$work/debootstrap.log" 2>&1 ||
        { tail -n 20 "$work/debootstrap.log" >&2 && die "debootstrap failed."; }
    rm -rf "$work/root/var/cache/apt/archives"/*.deb
    tar -C "$work/root" --numeric-owner -c . |
        docker import --change "LABEL $label=base" - "$base" >/dev/null
    rm -rf "$work/root"
}

# build <tag> <Dockerfile> <context>: from $base; packages come over the machine's own network.
build() {
    local tag=$1 file=$2 context=$3
    say "$tag: building ..."
    docker build --quiet --network host --file "$file" --tag "$tag" --build-arg BASE="$base" \
        --label "$label=$tag" "$context" >"$work/build.log" 2>&1 ||
        { tail -n 30 "$work/build.log" >&2 && die "$tag could not be built."; }
}

# A context with a folder of the SDK's in it. Copied by tar, as links would point out of the context.
dotnet_context() {
    local context=$work/$1 folder
    folder=$(dotnet_folder)
    shift
    mkdir -p "$context/dotnet"
    tar -C "$folder" -c "$@" | tar -C "$context/dotnet" -x
    printf '%s' "$context"
}

need_dotnet() { command -v dotnet >/dev/null 2>&1 || die "dotnet is missing: the .NET images are made of it."; }

# The bundle of certificates that this machine trusts; a machine without a registry often has an authority of its own.
ca_bundle() {
    local file
    for file in "${SSL_CERT_FILE:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
        [ -n "$file" ] && [ -r "$file" ] && printf '%s' "$file" && return
    done
    die "No bundle of trusted certificates was found: name it in SSL_CERT_FILE."
}

# ---------------------------------------------------------------------------------------------- all of them

readonly aspnet=mcr.microsoft.com/dotnet/aspnet:10.0 sdk=mcr.microsoft.com/dotnet/sdk:10.0
readonly sdk_with_ca=holdfast/sdk-with-ca:10.0
readonly redis=redis:7.0 rabbitmq=rabbitmq:3-management dashboard=mcr.microsoft.com/dotnet/aspire-dashboard:9.5

todo=()
for image in "$aspnet" "$sdk" "$redis" "$rabbitmq" "$dashboard"; do
    wanted "$image" && todo+=("$image")
done
# The SDK with this machine's certificates is made anew each time: it is small, and certificates change.
if [ ${#todo[@]} -gt 0 ]; then
    docker image inspect "$base" >/dev/null 2>&1 && [ "$again" = no ] || bootstrap
fi

for image in "${todo[@]}"; do
    case $image in
        "$aspnet")
            need_dotnet
            build "$image" dotnet.Dockerfile "$(dotnet_context aspnet ./dotnet ./host ./shared)"
            ;;
        "$sdk")
            need_dotnet
            build "$image" dotnet.Dockerfile "$(dotnet_context sdk .)"
            ;;
        "$redis") build "$image" redis.Dockerfile . ;;
        "$rabbitmq") build "$image" rabbitmq.Dockerfile . ;;
        "$dashboard") build "$image" dashboard.Dockerfile dashboard ;;
    esac
done

mkdir -p "$work/ca"
cp -L "$(ca_bundle)" "$work/ca/ca-certificates.crt"
say "$sdk_with_ca: building ..."
docker build --quiet --file sdk-with-ca.Dockerfile --tag "$sdk_with_ca" --build-arg BASE="$sdk" \
    --label "$label=$sdk_with_ca" "$work/ca" >"$work/build.log" 2>&1 ||
    { tail -n 30 "$work/build.log" >&2 && die "$sdk_with_ca could not be built."; }
say "The base images are there."
