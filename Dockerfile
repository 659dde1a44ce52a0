# loopwarden in an image of its own: `docker run --rm -v "$PWD:/repository" loopwarden check`
FROM rust:1-slim-bookworm AS build
WORKDIR /build
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY rules rules
# What Cargo.toml names has to be there, though it is not built.
COPY benches benches
COPY tests tests
RUN cargo build --release --locked --bin loopwarden

FROM debian:bookworm-slim
# `--since` and `--staged` read the base version from git objects.
RUN apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
    # The repository that is mounted belongs to somebody else.
    && git config --system --add safe.directory '*'
COPY --from=build /build/target/release/loopwarden /usr/local/bin/loopwarden
WORKDIR /repository
# Nothing is written there.
USER nobody
ENTRYPOINT ["loopwarden"]
CMD ["check"]
