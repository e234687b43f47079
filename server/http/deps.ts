import type { Vocabulary } from "../../core/text/vocabulary.ts";
import type { ImageStore, Study } from "../images/types.ts";
import type { ModelRegistry } from "../models/registry.ts";
import type { Limits } from "../ops/limits.ts";
import type { Log } from "../ops/log.ts";
import type { Metrics } from "../ops/metrics.ts";
import type { HeaderOptions } from "./middleware/headers.ts";
import type { Embeddings, FindStatic, Lifecycle, Masks, OpenFile } from "./ports.ts";

/** Everything that the app needs; it knows no runtime of its own. */
export interface AppDeps {
  readonly images: ImageStore;
  readonly embeddings: Embeddings;
  readonly masks: Masks;
  readonly models: ModelRegistry;
  readonly vocabulary: Vocabulary;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly limits: Limits;
  readonly lifecycle: Lifecycle;
  readonly openFile: OpenFile;
  /** What is open from the start. */
  readonly studies: readonly Study[];
  /** The built viewer. */
  readonly findStatic?: FindStatic;
  /** Origins that may call from other pages; exact. */
  readonly corsOrigins?: readonly string[];
  /** Host names that this server answers to; any when left out. */
  readonly allowedHosts?: readonly string[];
  readonly headers?: HeaderOptions;
}
