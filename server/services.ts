import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { createPhantom } from "../core/phantom/phantom.ts";
import type { Vocabulary } from "../core/text/vocabulary.ts";
import { createImageStore } from "./images/store.ts";
import type { ImageStore, Study } from "./images/types.ts";
import { createInferencePool, type InferencePool } from "./inference/pool.ts";
import { loadModels, type ModelRegistry } from "./models/registry.ts";
import { loadVocabulary } from "./models/vocabulary.ts";
import { countEvents, createMetrics, type Metrics } from "./ops/metrics.ts";
import type { Settings } from "./settings.ts";
import { diskStore } from "./stores/disk.ts";
import { memoryStore } from "./stores/memory.ts";
import { tieredStore } from "./stores/tiered.ts";
import { createEmbeddingService, type EmbeddingService } from "./work/embeddings.ts";
import { createMaskService, type MaskService } from "./work/masks.ts";

/** Everything behind the routes and the commands. */
export interface Services {
  readonly images: ImageStore;
  readonly models: ModelRegistry;
  readonly vocabulary: Vocabulary;
  readonly pool: InferencePool;
  readonly embeddings: EmbeddingService;
  readonly masks: MaskService;
  readonly metrics: Metrics;
  /** Ends the child processes; what runs may finish within `graceMs`. */
  close(options?: { graceMs?: number }): Promise<void>;
}

/** Opens stores, models and the inference pool as the settings say. */
export async function createServices(
  { cacheDir, limits, modelDirs, model, device, vocabularyFile }: Settings,
  { processMetrics = false }: { processMetrics?: boolean } = {},
): Promise<Services> {
  await mkdir(cacheDir, { recursive: true, mode: 0o700 });
  const metrics = createMetrics({ processMetrics });
  const observe = countEvents(metrics);
  const images = await createImageStore({ dir: cacheDir, limits, metrics });
  const vocabulary = await loadVocabulary(vocabularyFile);
  const models = withDefault(await loadModels(modelDirs), model);
  const pool = await createInferencePool({ models, device, limits, observe });
  const memory = memoryStore({ maxBytes: limits.embeddingMemoryBytes, observe });
  const disk = await diskStore({ dir: join(cacheDir, "embeddings"), maxBytes: limits.embeddingDiskBytes, observe });
  const embeddings = createEmbeddingService({ images, pool, store: tieredStore(memory, disk), models, observe });
  const masks = createMaskService({ images, pool, embeddings, models, vocabulary, observe });
  return {
    images,
    models,
    vocabulary,
    pool,
    embeddings,
    masks,
    metrics,
    async close({ graceMs = 0 } = {}) {
      await pool.close({ graceMs });
      await embeddings.close();
      await images.close();
    },
  };
}

/** The study that was asked for, or the phantom. Names of files may be names of people, so they are not used. */
export async function openStudy(images: ImageStore, path: string | undefined): Promise<Study> {
  const { info } = path === undefined ? await images.addVolume(createPhantom().volume) : await images.open(path);
  return { imageId: info.imageId, name: path === undefined ? "Phantom" : "Study" };
}

/** The same models with another default, first in the list. Throws UnknownModel. */
function withDefault(models: ModelRegistry, id: string | undefined): ModelRegistry {
  if (id === undefined) return models;
  const chosen = models.get(id);
  const others = models.list().filter((model) => model !== chosen);
  return { ...models, get: (asked) => models.get(asked ?? id), list: () => [chosen, ...others] };
}
