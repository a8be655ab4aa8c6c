# The .NET SDK that trusts what the machine trusts: only the stage that builds uses it, no image that runs.
ARG BASE
FROM ${BASE}
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
# A machine without a registry can seldom ask whether a certificate was revoked, and would wait for each.
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt NUGET_CERT_REVOCATION_MODE=offline
LABEL org.opencontainers.image.description="The .NET SDK image with the certificates of the machine that built it"
