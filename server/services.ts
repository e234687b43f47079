/** Stores, models and processes, opened together and closed together. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { EmbeddingStore } from "../core/embedding/store.ts";
import { createPhantom } from "../core/phantom/phantom.ts";
import type { Vocabulary } from "../core/text/vocabulary.ts";
import { openQueue } from "./cluster/queue.ts";
import { openShared } from "./cluster/shared.ts";
import { errorCode } from "./disk/durable.ts";
import { createImageStore } from "./images/store.ts";
import type { ImageStore } from "./images/types.ts";
import { createInferencePool, type InferencePool } from "./inference/pool.ts";
import { loadModels, type ModelRegistry } from "./models/registry.ts";
import { loadVocabulary } from "./models/vocabulary.ts";
import { ignoreEvents, type Observe } from "./ops/events.ts";
import type { Limits } from "./ops/limits.ts";
import { type Log, logEvents } from "./ops/log.ts";
import { countEvents, createMetrics, type Metrics } from "./ops/metrics.ts";
import type { Settings } from "./settings.ts";
import { type Archives, createArchives } from "./sources/dicomweb/archives.ts";
import { readArchives } from "./sources/dicomweb/config.ts";
import { type Folder, isFolder, openFolder, singleImage } from "./sources/folder/folder.ts";
import { diskStore } from "./stores/disk.ts";
import { memoryStore } from "./stores/memory.ts";
import { tieredStore } from "./stores/tiered.ts";
import { createEmbeddingService, type EmbeddingService } from "./work/embeddings.ts";
import { createJobService, type JobService } from "./work/jobs.ts";
import { createMaskService, type MaskService } from "./work/masks.ts";

/** Everything behind the routes and the commands. */
export interface Services {
  readonly images: ImageStore;
  readonly archives: Archives;
  readonly models: ModelRegistry;
  readonly vocabulary: Vocabulary;
  readonly pool: InferencePool;
  readonly embeddings: EmbeddingService;
  readonly masks: MaskService;
  readonly jobs: JobService;
  readonly metrics: Metrics;
  /** What works less well than it should: `NoDiskCache`, `NoSharedCache`. */
  degraded(): Promise<readonly string[]>;
  /** Ends the child processes; what runs may finish within `graceMs`. */
  close(options?: { graceMs?: number }): Promise<void>;
}

/** Opens stores, models and the inference pool as the settings say. */
export async function createServices(
  settings: Settings,
  { processMetrics = false, log }: { processMetrics?: boolean; log?: Log } = {},
): Promise<Services> {
  const { cacheDir, imageDir = cacheDir, limits, modelDirs, model, device, vocabularyFile, dicomweb } = settings;
  const archives = createArchives(dicomweb === undefined ? [] : await readArchives(dicomweb), limits);
  const metrics = createMetrics({ processMetrics });
  const observe = both(countEvents(metrics), log ? logEvents(log) : ignoreEvents);
  await mkdir(cacheDir, { recursive: true, mode: 0o700 }).catch((thrown) =>
    observe({ kind: "no-folder", what: "images", reason: errorCode(thrown) }),
  );
  const images = await createImageStore({ dir: imageDir, limits, metrics, observe });
  const models = withDefault(await loadModels(modelDirs), model);
  const vocabulary = await loadVocabulary(vocabularyFile, models.list().at(0));
  const pool = await createInferencePool({ models, device, limits, observe });
  metrics.watchQueues(() => {
    const { encode, decode } = pool.stats();
    return { encode: encode.queued, decode: decode.queued };
  });
  const memory = memoryStore({ maxBytes: limits.embeddingMemoryBytes, observe });
  const shared = await openShared({ ...settings, redis: settings.redis ?? settings.queue, env: process.env, observe });
  const [limit, waitMs] = [limits.encodeQueueJobs, limits.queueWaitMs + limits.encodeCpuMs];
  const queue =
    settings.queue === undefined ? undefined : await openQueue({ url: settings.queue, limit, waitMs, observe });
  const store = shared.behind(tieredStore(memory, await openDiskStore(cacheDir, limits, observe)));
  const { claims, records } = shared;
  const embeddings = createEmbeddingService({ images, pool, store, models, observe, claims, remote: queue?.encode });
  const masks = createMaskService({ images, pool, embeddings, models, vocabulary, observe, sharedKept: shared.kept });
  const jobs = createJobService({ images, masks, embeddings, records, dispatch: queue?.volume });
  return {
    images,
    archives,
    models,
    vocabulary,
    pool,
    embeddings,
    masks,
    jobs,
    metrics,
    degraded: async () => [...(await images.degraded()), ...shared.degraded()],
    async close({ graceMs = 0 } = {}) {
      archives.close();
      await jobs.close();
      await pool.close({ graceMs });
      await embeddings.settled();
      await queue?.close();
      await images.close();
      shared.close();
    },
  };
}

/** The embeddings on disk; a store that keeps nothing where there is no folder for them. */
async function openDiskStore(cacheDir: string, limits: Limits, observe: Observe): Promise<EmbeddingStore> {
  const { embeddingDiskBytes: maxBytes, diskFloorBytes: floorBytes } = limits;
  try {
    return await diskStore({ dir: join(cacheDir, "embeddings"), maxBytes, floorBytes, observe });
  } catch (thrown) {
    observe({ kind: "no-folder", what: "embeddings", reason: errorCode(thrown) });
    return { get: async () => undefined, set: async () => {} };
  }
}

const both =
  (one: Observe, other: Observe): Observe =>
  (event) => {
    one(event);
    other(event);
  };

/** The study that was asked for, or the phantom. Names of files may be names of people, so they are not used. */
export async function openStudy(images: ImageStore, path: string | undefined, limits: Limits): Promise<Folder> {
  if (path !== undefined && (await isFolder(path))) return openFolder(path, images, limits);
  const { info } = path === undefined ? await images.addVolume(createPhantom().volume) : await images.open(path);
  return singleImage(info.imageId, path === undefined ? "Phantom" : "Study");
}

/** The same models with another default, first in the list. Throws UnknownModel. */
function withDefault(models: ModelRegistry, id: string | undefined): ModelRegistry {
  if (id === undefined) return models;
  const chosen = models.get(id);
  const others = models.list().filter((model) => model !== chosen);
  return { ...models, get: (asked) => models.get(asked ?? id), list: () => [chosen, ...others] };
}
