# Stands in for redis:7.0: Debian's redis-server (7.0.15 in bookworm) with the user, group and folder of the original.
ARG BASE
FROM ${BASE}
RUN groupadd --gid 999 redis && useradd --uid 999 --gid 999 --no-create-home --home-dir /data redis \
    && apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install --yes -qq --no-install-recommends redis-server redis-tools \
    && rm -rf /var/lib/apt/lists/* \
    && mkdir --parents /data && chown redis:redis /data \
    && echo "Not the official image: Debian's redis-server, for machines without a registry." > /etc/holdfast-airgapped
VOLUME /data
WORKDIR /data
EXPOSE 6379
USER redis
CMD ["redis-server"]
LABEL org.opencontainers.image.description="Debian's redis-server, a stand-in for redis:7.0; not the official image"
