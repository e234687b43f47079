# The server on a CPU: docker build -t promptomy . — for CUDA see docs/deploy.md and take nvidia/cuda:12-cudnn-runtime below.
FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY . .
ENV ONNXRUNTIME_NODE_INSTALL=skip
RUN npm ci --no-audit --no-fund && npm run build && npm ci --omit=dev --workspaces=false --no-audit --no-fund
# onnxruntime-node brings its library for five systems; only this one runs here.
RUN find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} +

FROM node:22-bookworm-slim
WORKDIR /app
# glibc gives large buffers back when they are freed, instead of keeping what it once needed.
ENV MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=131072
ENV NODE_ENV=production PROMPTOMY_HOST=0.0.0.0 PROMPTOMY_PORT=8080 PROMPTOMY_CACHE_DIR=/cache
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/models ./models
RUN mkdir /cache /images && chown node:node /cache /images
USER 1000
VOLUME /cache
EXPOSE 8080
ENTRYPOINT ["node", "dist/server/cli.js"]
CMD ["serve"]
