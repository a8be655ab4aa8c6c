#!/usr/bin/env bash
# Builds the images of docker-compose.yml: what `docker compose build` does, and the same where the base images are
# those of deploy/airgapped. Ends with 3, and a sentence, where there is nothing to try it with: no engine, no compose,
# no base images.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly runtime=mcr.microsoft.com/dotnet/aspnet:10.0

# Not to be had is not the same as broken.
cannot() {
    printf '%s\n' "$*" >&2
    exit 3
}

command -v docker >/dev/null 2>&1 || cannot "There is no docker client."
timeout 10 docker info >/dev/null 2>&1 || cannot "No container engine answers."
if docker compose version >/dev/null 2>&1; then
    compose=(docker compose)
elif command -v docker-compose >/dev/null 2>&1; then
    compose=(docker-compose)
else
    cannot "There is neither docker compose nor docker-compose."
fi
docker image inspect "$runtime" >/dev/null 2>&1 || timeout 300 docker pull --quiet "$runtime" >/dev/null 2>&1 ||
    cannot "The base image $runtime is neither here nor to be pulled; deploy/airgapped/base-images.sh makes one."

files=(-f docker-compose.yml)
if [ -n "$(docker image inspect --format '{{index .Config.Labels "io.holdfast.airgapped"}}' "$runtime")" ]; then
    files+=(-f deploy/airgapped/docker-compose.airgapped.yml)
fi
exec "${compose[@]}" "${files[@]}" build "$@"
