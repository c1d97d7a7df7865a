# Fovea: the platform with every application. One image; `command` chooses a single application (docker-compose.yml).
#   docker build -t fovea .
#   docker run -p 127.0.0.1:3000:3000 -e FOVEA_API_KEY=… -v fovea:/data fovea

FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY . .
# The cache mount keeps npm's downloads between builds; nothing of it stays in a layer.
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
RUN npm run build
# What only building and testing need goes: development packages, npm's own Node (the image has one), sources.
RUN npm prune --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/node-linux-* node_modules/.cache .nx test libs/*/src apps/*/src

FROM node:24-bookworm-slim
# tini reaps session host processes and hands signals on; the fonts are for labels drawn into overlay.png.
RUN apt-get update \
  && apt-get install -y --no-install-recommends tini fonts-dejavu-core \
  && rm -rf /var/lib/apt/lists/* \
  && install -d -o node -g node /data /data/blobs
WORKDIR /app
COPY --from=build /app /app
# FOVEA_HOST outside loopback makes the platform refuse to start without FOVEA_API_KEY.
ENV NODE_ENV=production FOVEA_HOST=0.0.0.0 FOVEA_PORT=3000 FOVEA_DATA=/data UV_THREADPOOL_SIZE=16
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.FOVEA_PORT}/v1/health/live`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "--enable-source-maps", "apps/platform/dist/main.js"]
