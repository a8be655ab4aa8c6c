# Stands in for mcr.microsoft.com/dotnet/aspnet:10.0 or sdk:10.0: a minimal Debian with the folder of the .NET that is
# installed on the machine that builds it. Unlike Microsoft's it has no ICU, so culture data is invariant.
ARG BASE
FROM ${BASE}
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends libssl3 libstdc++6 libgcc-s1 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 1654 app && useradd --uid 1654 --gid 1654 --create-home app \
    && echo "Not Microsoft's image: Debian's packages and an installed .NET, for machines without a registry." \
        > /etc/holdfast-airgapped
COPY dotnet /usr/share/dotnet
RUN ln -s /usr/share/dotnet/dotnet /usr/bin/dotnet
ENV APP_UID=1654 \
    ASPNETCORE_HTTP_PORTS=8080 \
    DOTNET_RUNNING_IN_CONTAINER=true \
    DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=true \
    DOTNET_CLI_TELEMETRY_OPTOUT=1 \
    DOTNET_NOLOGO=1
LABEL org.opencontainers.image.description="Stand-in from distribution packages; not Microsoft's image"
