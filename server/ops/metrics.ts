/** Prometheus metrics. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Observe } from "./events.ts";

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120];

/** What the server counts. Labels are closed sets: route patterns, model ids, tiers; never an identifier of a study. */
export interface Metrics {
  readonly encodes: Counter<"model">;
  readonly cacheLookups: Counter<"tier" | "outcome">;
  readonly cacheCorrupt: Counter<"tier">;
  readonly queueDepth: Gauge<"lane">;
  readonly queueWait: Histogram<"lane">;
  readonly refusals: Counter<"lane" | "code">;
  readonly childDeaths: Counter<"lane">;
  readonly cacheOff: Counter<"tier">;
  readonly storedLost: Counter<"what" | "outcome">;
  readonly encodeSeconds: Histogram<"model">;
  readonly decodeSeconds: Histogram<"model">;
  readonly imagesRead: Counter<"outcome">;
  readonly imageSeconds: Histogram<"outcome">;
  readonly httpRequests: Counter<"method" | "route" | "status">;
  readonly httpSeconds: Histogram<"route">;
  /** Says how many jobs wait in each lane; asked for whenever the metrics are read. */
  watchQueues(depths: () => Readonly<Record<string, number>>): void;
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>;
}

/** A registry of its own for each server, so that two servers of one process never mix their numbers. */
export function createMetrics({ processMetrics = false }: { processMetrics?: boolean } = {}): Metrics {
  const register = new Registry();
  const registers = [register];
  let queueDepths: () => Readonly<Record<string, number>> = () => ({});
  if (processMetrics) collectDefaultMetrics({ register, prefix: "promptomy_" });
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name: `promptomy_${name}_total`, help, labelNames, registers });
  const seconds = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Histogram({ name: `promptomy_${name}_seconds`, help, labelNames, buckets: SECONDS, registers });
  return {
    encodes: counter("encodes", "Slices encoded", ["model"]),
    cacheLookups: counter("cache_lookups", "Cache lookups by tier: hit, miss, corrupt; and evictions", [
      "tier",
      "outcome",
    ]),
    cacheCorrupt: counter("cache_corrupt", "Cache entries whose bytes were not what was written", ["tier"]),
    queueDepth: new Gauge({
      name: "promptomy_queue_depth",
      help: "Jobs waiting",
      labelNames: ["lane"],
      registers,
      collect() {
        for (const [lane, depth] of Object.entries(queueDepths())) this.set({ lane }, depth);
      },
    }),
    watchQueues(depths) {
      queueDepths = depths;
    },
    queueWait: seconds("queue_wait", "Time from arrival to start", ["lane"]),
    refusals: counter("refused", "Jobs refused by a full or late queue", ["lane", "code"]),
    childDeaths: counter("child_deaths", "Inference processes that ended by themselves or were killed", ["lane"]),
    cacheOff: counter("cache_off", "Times that a cache tier stopped writing", ["tier"]),
    storedLost: counter("stored_lost", "Stored things set aside as damaged, unreadable, or evicted", [
      "what",
      "outcome",
    ]),
    encodeSeconds: seconds("encode", "Encoder run with preprocessing", ["model"]),
    decodeSeconds: seconds("decode", "Mask decoder run", ["model"]),
    imagesRead: counter("images_read", "Uploads read, by outcome", ["outcome"]),
    imageSeconds: seconds("image_read", "Reading of an upload in its own process", ["outcome"]),
    httpRequests: counter("http_requests", "Requests by route pattern", ["method", "route", "status"]),
    httpSeconds: seconds("http_request", "Time to the response headers", ["route"]),
    text: () => register.metrics(),
  };
}

/** Turns what stores and processes tell into numbers. */
export function countEvents(metrics: Metrics): Observe {
  return (event) => {
    switch (event.kind) {
      case "encode":
        metrics.encodes.inc({ model: event.modelId });
        metrics.encodeSeconds.observe({ model: event.modelId }, event.ms / 1000);
        metrics.queueWait.observe({ lane: "encode" }, event.waitMs / 1000);
        break;
      case "decode":
        metrics.decodeSeconds.observe({ model: event.modelId }, event.ms / 1000);
        metrics.queueWait.observe({ lane: "decode" }, event.waitMs / 1000);
        break;
      case "queued":
        metrics.queueWait.observe({ lane: "shared" }, event.waitMs / 1000);
        break;
      case "refused":
        metrics.refusals.inc({ lane: event.lane, code: event.code });
        break;
      case "death":
        metrics.childDeaths.inc({ lane: event.lane });
        break;
      case "cache":
        metrics.cacheLookups.inc({ tier: event.tier, outcome: event.outcome });
        if (event.outcome === "corrupt") metrics.cacheCorrupt.inc({ tier: event.tier });
        break;
      case "cache-off":
        metrics.cacheOff.inc({ tier: event.tier });
        break;
      case "set-aside":
      case "unreadable":
      case "evicted":
        metrics.storedLost.inc({ what: event.what, outcome: event.kind }, event.count);
        break;
      case "no-folder":
        metrics.cacheOff.inc({ tier: "disk" });
        break;
      default:
        event satisfies never;
    }
  };
}
