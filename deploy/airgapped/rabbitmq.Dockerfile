# Stands in for rabbitmq:3-management: Debian's rabbitmq-server (3.10.8 in bookworm) with the user, group and folder of
# the original. The plugin is enabled by the file that compose mounts.
ARG BASE
FROM ${BASE}
RUN groupadd --gid 999 rabbitmq \
    && useradd --uid 999 --gid 999 --no-create-home --home-dir /var/lib/rabbitmq rabbitmq \
    && apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
        apt-get install --yes -qq --no-install-recommends rabbitmq-server \
    && rm -rf /var/lib/apt/lists/* /var/lib/rabbitmq /var/log/rabbitmq \
    && mkdir --parents /var/lib/rabbitmq /var/log/rabbitmq /etc/rabbitmq \
    && chown rabbitmq:rabbitmq /var/lib/rabbitmq /var/log/rabbitmq /etc/rabbitmq \
    && echo "Not the official image: Debian's rabbitmq-server, for machines without a registry." \
        > /etc/holdfast-airgapped
# The distribution's own wrapper in /usr/sbin writes its log to a file and wants to change the user.
ENV PATH=/usr/lib/rabbitmq/bin:/usr/local/bin:/usr/bin:/bin HOME=/var/lib/rabbitmq LANG=C.UTF-8
VOLUME /var/lib/rabbitmq
EXPOSE 5672 15672
USER rabbitmq
CMD ["rabbitmq-server"]
LABEL org.opencontainers.image.description="Debian's rabbitmq-server, stand-in for rabbitmq:3-management; not official"
