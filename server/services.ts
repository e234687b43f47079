/** Stores, models and processes, opened together and closed together. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { EmbeddingStore } from "../core/embedding/store.ts";
import { SegmenterError } from "../core/errors.ts";
import { createPhantom } from "../core/phantom/phantom.ts";
import type { Vocabulary } from "../core/text/vocabulary.ts";
import { withQuota } from "./auth/quota.ts";
import { openQueue, type WorkQueue } from "./cluster/queue.ts";
import { type Connections, connect, sharedOf } from "./cluster/shared.ts";
import { errorCode } from "./disk/durable.ts";
import { hexOf, sha256 } from "./disk/sha256.ts";
import { createImageStore } from "./images/store.ts";
import type { ImageStore } from "./images/types.ts";
import type { EngineAt } from "./inference/oip.ts";
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
import { createNameService, type NameService } from "./text/name-service.ts";
import { createPhrasePlaces, type PhrasePlaces } from "./text/places.ts";
import { createEmbeddingService, type EmbeddingService } from "./work/embeddings.ts";
import { createJobService, type JobService, type VolumeJob } from "./work/jobs.ts";
import { createMaskService, type MaskService } from "./work/masks.ts";

/** What belongs to one tenant: images, what was made from them, and jobs. */
export interface TenantServices {
  readonly images: ImageStore;
  readonly embeddings: EmbeddingService;
  readonly masks: MaskService;
  readonly jobs: JobService;
  readonly infer: InferencePool["infer"];
  /** Where a phrase that is no name may be. */
  readonly places: PhrasePlaces;
  /** What works less well than it should: `NoDiskCache`, `NoSharedCache`. */
  degraded(): Promise<readonly string[]>;
}

/** Everything behind the routes and the commands; the tenant's part is that of a server without tenants. */
export interface Services extends TenantServices {
  readonly archives: Archives;
  readonly models: ModelRegistry;
  readonly vocabulary: Vocabulary;
  readonly names: NameService;
  readonly pool: InferencePool;
  readonly metrics: Metrics;
  /** The part of a tenant, which sees nothing of the others'; opened when it is first asked for. */
  tenant(name: string): Promise<TenantServices>;
  /** Ends the child processes; what runs may finish within `graceMs`. */
  close(options?: { graceMs?: number }): Promise<void>;
}

/** What all tenants share. */
interface Common {
  readonly settings: Settings;
  readonly models: ModelRegistry;
  readonly vocabulary: Vocabulary;
  readonly names: NameService;
  readonly pool: InferencePool;
  readonly metrics: Metrics;
  readonly observe: Observe;
  readonly connections: Connections;
  readonly queue: WorkQueue | undefined;
}

/** Opens stores, models and the inference pool as the settings say. */
export async function createServices(
  settings: Settings,
  { processMetrics = false, log }: { processMetrics?: boolean; log?: Log } = {},
): Promise<Services> {
  const { cacheDir, limits, modelDirs, model, device, vocabularyFile, dicomweb } = settings;
  const archives = createArchives(dicomweb === undefined ? [] : await readArchives(dicomweb), limits);
  const metrics = createMetrics({ processMetrics });
  const observe = both(countEvents(metrics), log ? logEvents(log) : ignoreEvents);
  await mkdir(cacheDir, { recursive: true, mode: 0o700 }).catch((thrown) =>
    observe({ kind: "no-folder", what: "images", reason: errorCode(thrown) }),
  );
  const models = withDefault(await loadModels(modelDirs), model);
  const vocabulary = await loadVocabulary(vocabularyFile, models.list().at(0));
  const names = await createNameService({ ...{ vocabulary, cacheDir, observe }, encoder: settings.textEncoder });
  const pool = await createInferencePool({ models, device, encoder: engineAt(settings), limits, observe });
  metrics.watchQueues(() => {
    const { encode, decode } = pool.stats();
    return { encode: encode.queued, decode: decode.queued };
  });
  const connections = await connect({ ...settings, env: process.env, observe });
  const queue = await queueOf(settings, observe);
  const common = { settings, models, vocabulary, names, pool, metrics, observe, connections, queue };
  const open = new Map<string, Promise<OpenTenant>>();
  const tenant = (name: string): Promise<OpenTenant> => {
    const opened = open.get(name) ?? openTenant(common, name);
    open.set(name, opened);
    return opened;
  };
  return {
    ...(await tenant("")),
    ...{ archives, models, vocabulary, names, pool, metrics, tenant },
    async close({ graceMs = 0 } = {}) {
      archives.close();
      const tenants = await Promise.all(open.values());
      for (const { jobs } of tenants) await jobs.close();
      await Promise.all([pool.close({ graceMs }), names.close({ graceMs })]);
      for (const { end } of tenants) await end();
      await queue?.close();
      connections.close();
    },
  };
}

interface OpenTenant extends TenantServices {
  end(): Promise<void>;
}

/** The ports of one tenant. The one without a name is that of a server without tenants. */
async function openTenant(common: Common, tenant: string): Promise<OpenTenant> {
  const { settings, connections, queue, observe, metrics, models, vocabulary, names } = common;
  const limits = tenant === "" ? settings.limits : shareOf(settings.limits);
  const pool = tenant === "" ? common.pool : withQuota(common.pool, Math.ceil(limits.encodeQueueJobs / 2));
  const [cacheDir, imageDir] = [settings.cacheDir, settings.imageDir ?? settings.cacheDir].map((dir) =>
    tenant === "" ? dir : join(dir, "tenants", hexOf(sha256(tenant)).slice(0, 32)),
  );
  await mkdir(cacheDir, { recursive: true, mode: 0o700 }).catch(() => {}); // the stores tell
  const images = await createImageStore({ dir: imageDir, limits, metrics, observe });
  const shared = await sharedOf(connections, tenant, observe);
  const part = (share: number): number => Math.ceil(limits.embeddingMemoryBytes * share);
  const memory = memoryStore({ maxBytes: part(0.8), observe }); // float32 beside eight bits: as many slices of each
  const store = shared.behind(tieredStore(memory, await openDiskStore(cacheDir, limits, observe)));
  const forms = shared.formsBehind(memoryStore({ maxBytes: part(0.2), observe, tier: "wire" }));
  const { claims, records } = shared;
  const embeddings = createEmbeddingService({
    ...{ images, pool, store, forms, models, observe, claims, tenant },
    remote: queue?.encode,
  });
  const masks = createMaskService({
    images,
    pool,
    embeddings,
    models,
    vocabulary,
    names,
    observe,
    sharedKept: shared.kept,
    keptBytes: limits.logitsMemoryBytes,
  });
  const dispatch = queue && ((work: VolumeJob) => queue.volume({ ...work, tenant }));
  const jobs = createJobService({
    ...{ images, masks, embeddings, vocabulary, records, dispatch },
    keptBytes: limits.jobMemoryBytes,
  });
  return {
    ...{ images, embeddings, masks, jobs },
    places: createPhrasePlaces({ images, pool, models }),
    infer: settings.encoder === undefined ? pool.infer : refuseChain,
    degraded: async () => [await images.degraded(), connections.degraded(), names.degraded(), pool.degraded()].flat(),
    async end() {
      await embeddings.settled();
      await images.close();
    },
  };
}

const engineAt = ({ encoder: url, encoderKey: key }: Settings): EngineAt | undefined =>
  url === undefined ? undefined : { url, key };

/** Two servers that each name the other as their engine would ask each other for ever. */
async function refuseChain(): Promise<never> {
  throw new SegmenterError("InvalidRequest", { reason: "this server has its own encoder elsewhere: ask that engine" });
}

/** The memory of one tenant: all of them together keep to the server's. */
function shareOf(limits: Limits): Limits {
  const part = (bytes: number): number => Math.ceil(bytes / limits.tenants);
  const { embeddingMemoryBytes, imageMemoryBytes, logitsMemoryBytes, jobMemoryBytes } = limits;
  return {
    ...limits,
    embeddingMemoryBytes: part(embeddingMemoryBytes),
    imageMemoryBytes: part(imageMemoryBytes),
    logitsMemoryBytes: part(logitsMemoryBytes),
    jobMemoryBytes: part(jobMemoryBytes),
  };
}

async function queueOf({ queue: url, limits }: Settings, observe: Observe): Promise<WorkQueue | undefined> {
  if (url === undefined) return undefined;
  const waitMs = limits.queueWaitMs + limits.encodeCpuMs;
  return openQueue({ url, limit: limits.encodeQueueJobs, waitMs, observe });
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
