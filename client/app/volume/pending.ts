/** The propagation that this tab waits for: after a reload the same request finds the same job. */
import type { PropagateTarget } from "../../index.ts";

const KEY = "promptomy.job";

export interface Pending {
  readonly segmentId: string;
  readonly target: PropagateTarget;
}

/** Storage that is full costs the reconnection alone. */
export function rememberPending(pending: Pending): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(pending));
  } catch {
    forgetPending();
  }
}

export const forgetPending = (): void => sessionStorage.removeItem(KEY);

/** Of an image that has just been opened; written by this tab, `undefined` where it cannot be read. */
export function pendingFor(imageId: string): Pending | undefined {
  try {
    const pending = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Pending | null;
    return pending?.target.imageId === imageId ? pending : undefined;
  } catch {
    return undefined;
  }
}
