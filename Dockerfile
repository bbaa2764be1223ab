# syntax=docker/dockerfile:1

# The program is linked statically, SQLite and libc included, and is all the
# final image holds besides the root certificates (for fetching the keys of token
# issuers over https) and an empty directory for the database.
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=1 go build -trimpath -buildvcs=false \
        -tags sqlite_omit_load_extension,netgo,osusergo \
        -ldflags "-s -w -linkmode external -extldflags -static -X main.version=${VERSION}" \
        -o /out/scimbridge ./cmd/scimbridge \
    && /out/scimbridge version \
    && mkdir -p /out/data /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/scimbridge /usr/local/bin/scimbridge
COPY --from=build --chown=65532:65532 /out/data /var/lib/scimbridge
COPY --from=build --chown=65532:65532 /out/tmp /tmp

# Main and admin listener are reachable from outside the container; publish the
# admin port (metrics, health; no token needed) to monitoring only. On the main
# port the bridge wants TLS (SCIMBRIDGE_TLS_CERT, SCIMBRIDGE_TLS_KEY) or the
# assurance that a proxy in front does it (SCIMBRIDGE_BEHIND_PROXY=true), and
# says so when it has neither.
ENV SCIMBRIDGE_LISTEN=0.0.0.0:8080 \
    SCIMBRIDGE_ADMIN_LISTEN=0.0.0.0:9180 \
    SCIMBRIDGE_DATABASE=sqlite:/var/lib/scimbridge/scimbridge.db \
    SQLITE_TMPDIR=/tmp

# Who loses this volume loses every user, group, token and the journal.
VOLUME /var/lib/scimbridge
WORKDIR /var/lib/scimbridge
USER 65532:65532
EXPOSE 8080 9180
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
    CMD ["/usr/local/bin/scimbridge", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/scimbridge"]
CMD ["serve"]
