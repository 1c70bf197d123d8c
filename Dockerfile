# Builds on x64 and arm64 alike. No BuildKit cache mounts: Railway accepts them only with the service's own id in the
# mount id, which would tie this file to one project.
FROM node:24-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json ./

FROM base AS build
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM base AS dependencies
RUN npm ci --omit=dev --no-audit --no-fund

FROM node:24-bookworm-slim AS runtime

# One client a major: pg_dump refuses servers newer than itself, and writes SQL that older servers do not accept.
# They live in /usr/lib/postgresql/<major>/bin; plain pg_dump and psql are the newest of them.
ARG POSTGRESQL_MAJORS="14 15 16 17 18"
ADD --chmod=644 https://www.postgresql.org/media/keys/ACCC4CF8.asc /etc/apt/keyrings/apt.postgresql.org.asc
RUN set -eu; \
    export DEBIAN_FRONTEND=noninteractive; \
    apt-get update; \
    apt-get install -y --no-install-recommends ca-certificates; \
    . /etc/os-release; \
    echo "deb [signed-by=/etc/apt/keyrings/apt.postgresql.org.asc] https://apt.postgresql.org/pub/repos/apt ${VERSION_CODENAME}-pgdg main" \
      > /etc/apt/sources.list.d/pgdg.list; \
    apt-get update; \
    for major in $POSTGRESQL_MAJORS; do set -- "$@" "postgresql-client-$major"; done; \
    apt-get install -y --no-install-recommends "$@"; \
    rm -rf /var/lib/apt/lists/*; \
    for major in $POSTGRESQL_MAJORS; do "/usr/lib/postgresql/$major/bin/pg_dump" --version; done

ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json LICENSE ./
COPY bin ./bin
COPY drizzle ./drizzle
COPY --from=build /app/dist ./dist

USER node
EXPOSE 3000

# Railway has its own check (railway.json); this one is for docker run and Compose.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]

# Node itself is process 1, with no npm, shell or init between it and SIGTERM: it installs its own handlers, and reaps
# the pg_dump and psql it starts.
CMD ["node", "dist/index.js"]
