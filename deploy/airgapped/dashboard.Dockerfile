# Stands in for mcr.microsoft.com/dotnet/aspire-dashboard: a page that lists what arrived by OTLP/HTTP, in some 200
# lines of Python. The same two ports; nothing of the original's charts and filters.
ARG BASE
FROM ${BASE}
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes -qq --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 1654 app && useradd --uid 1654 --gid 1654 --no-create-home app \
    && echo "Not Microsoft's image: a small page in Python, for machines without a registry." > /etc/holdfast-airgapped
COPY dashboard.py /app/dashboard.py
USER app
EXPOSE 18888 18890
CMD ["python3", "-u", "/app/dashboard.py"]
LABEL org.opencontainers.image.description="A page over OTLP, a stand-in for the Aspire dashboard; not Microsoft's"
