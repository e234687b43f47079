/** What every controller works with. */

import type { Segmenter } from "../../index.ts";
import type { Store } from "../state/store.ts";
import type { Connection } from "./connection.ts";
import type { Notifier } from "./notifier.ts";

export interface Context {
  readonly store: Store;
  readonly notifier: Notifier;
  readonly connection: Connection;
  /** Resolves when the server has said which model it has; rejects when there is no server. */
  segmenter(): Promise<Segmenter>;
  /** Aborts when the viewer ends: whatever listens, waits or runs holds on to it. */
  readonly ended: AbortSignal;
}
