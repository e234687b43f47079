/** What every controller works with. */

import type { Transport } from "../../http/transport.ts";
import type { Segmenter } from "../../index.ts";
import type { Store } from "../state/store.ts";
import type { Notifier } from "./notifier.ts";

export interface Context {
  readonly store: Store;
  readonly notifier: Notifier;
  readonly transport: Transport;
  /** Resolves when the decoder has passed its self-check; rejects when there is no server. */
  segmenter(): Promise<Segmenter>;
}
