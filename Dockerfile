# syntax=docker/dockerfile:1
# The image holds the static binary, CA roots and nothing else: no shell, no
# package manager. Zones are inside the binary.
#
#   docker build --build-arg VERSION=1.0.0 -t newswatch .
#   docker run --rm newswatch demo
#   docker run -v ./conf:/etc/newswatch:ro -v newswatch:/var/lib/newswatch newswatch
#
# Mount the folder of rules.yaml, not the file: an editor that renames would
# leave the container with the old one.

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/newswatch ./cmd/newswatch
# A named volume takes the owner and mode of the folder that it covers.
RUN mkdir -p /root-fs/etc/newswatch /root-fs/var/lib/newswatch /root-fs/tmp \
 && chmod 0700 /root-fs/var/lib/newswatch \
 && chmod 1777 /root-fs/tmp \
 && chown 65532:65532 /root-fs/var/lib/newswatch \
 && echo 'newswatch:x:65532:65532::/var/lib/newswatch:/sbin/nologin' > /root-fs/etc/passwd

FROM scratch
COPY --from=build /root-fs /
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/newswatch /newswatch
COPY docs/licences.md /licences.md
USER 65532:65532
ENV NEWSWATCH_RULES=/etc/newswatch/rules.yaml \
    STATE_DIRECTORY=/var/lib/newswatch \
    NEWSWATCH_LISTEN=:8765
VOLUME /var/lib/newswatch
EXPOSE 8765
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["/newswatch", "healthcheck"]
ENTRYPOINT ["/newswatch"]
CMD ["run"]
