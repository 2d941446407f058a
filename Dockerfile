# One image for every part: `docker run … ffleet api`, `… ffleet worker`, `… ffleet doctor`.
FROM node:20-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY workers ./workers
RUN npm run build && npm prune --omit=dev --ignore-scripts

FROM node:20-bookworm-slim
# tini: signals reach ffleet, which drains on SIGTERM, and no ended child stays a zombie.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ffmpeg bubblewrap tini \
  && rm -rf /var/lib/apt/lists/* \
  && install --directory --owner=node --group=node /data /media /outputs \
  && install --directory --owner=node --group=node --mode=700 /keys
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY fonts ./fonts
RUN ln -s /app/dist/src/cli/main.js /usr/local/bin/ffleet
ENV NODE_ENV=production \
  FFLEET_DATA_DIR=/data \
  FFLEET_MEDIA_ROOT=/media \
  FFLEET_OUTPUT_ROOT=/outputs
# The user node; as a number, or Kubernetes could not tell that it is not root.
USER 1000:1000
ENTRYPOINT ["tini", "--", "ffleet"]
CMD ["--help"]
