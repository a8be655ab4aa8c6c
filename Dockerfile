# One Dockerfile for every service; the build argument SERVICE names which. deploy/images/services lists the names.
#
#   docker build --build-arg SERVICE=gossip --tag holdfast/gossip .
#
# Plain instructions only: the classic builder and BuildKit both build it.
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0
ARG RUNTIME=mcr.microsoft.com/dotnet/aspnet:10.0

# First, so that a wrong name is told before anything is compiled.
FROM ${RUNTIME} AS choice
ARG SERVICE
COPY deploy/images /images
RUN /images/choose.sh "${SERVICE}"

# All services in one step that no argument changes: it is made once and shared by all images.
FROM ${SDK} AS build
WORKDIR /source
COPY . .
RUN deploy/images/publish.sh /out

# Waits for the choice, since BuildKit makes stages side by side: a wrong name is told by the choice, not by a missing
# folder.
FROM build AS chosen
ARG SERVICE
COPY --from=choice /images/start /chosen/start
RUN cp -R "/out/${SERVICE}" /chosen/app

FROM ${RUNTIME}
# /data is where a service keeps what must survive; a volume mounted there takes over the owner.
RUN mkdir --parents /data && chown 1654:1654 /data
COPY --from=choice /images/start /images/health.sh /usr/local/bin/
COPY --from=chosen /chosen/app /app
WORKDIR /app
USER 1654:1654
# Small heaps, and no diagnostics socket, which a read-only root could not hold.
ENV ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_EnableDiagnostics=0 \
    DOTNET_GCConserveMemory=5 \
    DOTNET_TieredPGO=0
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=5s --retries=3 --start-period=30s CMD ["health.sh"]
ENTRYPOINT ["start"]
