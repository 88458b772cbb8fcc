# syntax=docker/dockerfile:1
# The gateway alone; its database is another container's (compose.yaml).

FROM rust:1.95-trixie AS build
# cmake: aws-lc needs it on some machines. npm: bundles the explorer (build.rs).
RUN apt-get update && apt-get install -y --no-install-recommends cmake nodejs npm && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/src/target \
    cargo build --release --locked && cp target/release/society-gateway /usr/local/bin/

FROM debian:trixie-slim
# Certificates of those whom the gateway calls: the model, the bucket, the collector.
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/society-gateway --create-home society
COPY --from=build /usr/local/bin/society-gateway /usr/local/bin/
USER society
WORKDIR /var/lib/society-gateway
ENV APP_ENV=production LISTEN=0.0.0.0:8080 DATA_DIR=/var/lib/society-gateway
VOLUME /var/lib/society-gateway
EXPOSE 8080
# SIGTERM: requests in progress have SHUTDOWN_SECONDS; give the container a little more.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 CMD ["society-gateway", "healthcheck"]
ENTRYPOINT ["society-gateway"]
CMD ["serve"]
