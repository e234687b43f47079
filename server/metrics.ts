import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

export type Lane = "encode" | "decode";
export type Tier = "memory" | "disk";

/** What the server counts. Labels are closed sets: route patterns, model ids, tiers; never an identifier of a study. */
export interface Metrics {
  readonly encodes: Counter<"model" | "outcome">;
  readonly cacheLookups: Counter<"tier" | "result">;
  readonly cacheCorrupt: Counter<"tier">;
  readonly queueDepth: Gauge<"lane">;
  readonly queueWait: Histogram<"lane">;
  readonly encodeSeconds: Histogram<"model">;
  readonly decodeSeconds: Histogram<"model">;
  readonly imagesRead: Counter<"outcome">;
  readonly imageSeconds: Histogram<"outcome">;
  readonly httpRequests: Counter<"method" | "route" | "status">;
  readonly httpSeconds: Histogram<"route">;
  readonly problems: Counter<"code">;
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>;
}

/** A registry of its own for each server, so that two servers of one process never mix their numbers. */
export function createMetrics({ processMetrics = false }: { processMetrics?: boolean } = {}): Metrics {
  const register = new Registry();
  const registers = [register];
  if (processMetrics) collectDefaultMetrics({ register, prefix: "promptomy_" });
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `promptomy_${name}_total`, help, labelNames, registers });
  const seconds = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Histogram({ name: `promptomy_${name}_seconds`, help, labelNames, buckets: SECONDS, registers });
  return {
    encodes: counter("encodes", "Slices given to the encoder", ["model", "outcome"]),
    cacheLookups: counter("cache_lookups", "Embedding lookups by tier, hit or miss", ["tier", "result"]),
    cacheCorrupt: counter("cache_corrupt", "Cache entries whose bytes were not what was written", ["tier"]),
    queueDepth: new Gauge({ name: "promptomy_queue_depth", help: "Jobs waiting", labelNames: ["lane"], registers }),
    queueWait: seconds("queue_wait", "Time from arrival to start", ["lane"]),
    encodeSeconds: seconds("encode", "Encoder run with preprocessing", ["model"]),
    decodeSeconds: seconds("decode", "Mask decoder run", ["model"]),
    imagesRead: counter("images_read", "Uploads read, by outcome", ["outcome"]),
    imageSeconds: seconds("image_read", "Reading of an upload in its own process", ["outcome"]),
    httpRequests: counter("http_requests", "Requests by route pattern", ["method", "route", "status"]),
    httpSeconds: seconds("http_request", "Time to the response headers", ["route"]),
    problems: counter("problems", "Error answers by code", ["code"]),
    text: () => register.metrics(),
  };
}
