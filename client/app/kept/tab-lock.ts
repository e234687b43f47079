/** Of several tabs on one image, one writes (Web Locks); the others are told, follow, and may ask for the pen. */
import { later } from "../context/later.ts";

/** How long a tab that is asked for the pen has to save and let go; then it is taken. */
const POLITE_MS = 2000;

export interface TabLockEvents {
  /** This tab writes from now on. */
  onGranted(): void;
  /** Another tab has asked for the pen: save, and call `release`. */
  onAsked(): void;
  /** Another tab has taken it. */
  onLost(): void;
  /** The tab that writes has saved something. */
  onSaved(): void;
}

export interface TabLock {
  /** Does this tab write? */
  readonly held: boolean;
  /** Lets go of the pen and waits to get it back. */
  release(): void;
  /** Asks the other tab for the pen. */
  ask(): void;
  /** Tells the other tabs that something was saved. */
  saved(): void;
  close(): void;
}

type Message = { readonly imageId: string; readonly kind: "saved" | "ask" };

/** Resolves once it is known whether this tab writes. Where there are no Web Locks, every tab does. */
export async function lockImage(imageId: string, events: TabLockEvents): Promise<TabLock> {
  const channel = new BroadcastChannel("promptomy-work");
  const closing = new AbortController();
  let letGo: (() => void) | undefined;
  const tell = (kind: Message["kind"]) => channel.postMessage({ imageId, kind } satisfies Message);
  channel.onmessage = ({ data }: MessageEvent<Message>) => {
    if (data.imageId !== imageId) return;
    if (data.kind === "ask" && letGo) events.onAsked();
    if (data.kind === "saved" && !letGo) events.onSaved();
  };

  const hold = () =>
    new Promise<void>((resolve) => {
      letGo = () => {
        letGo = undefined;
        resolve();
      };
    });
  const lost = () => {
    if (!letGo) return; // let go by ourselves, or never held
    letGo = undefined;
    events.onLost();
    wait();
  };
  const name = `promptomy:${imageId}`;
  const granted = () => {
    const holding = hold();
    events.onGranted();
    return holding;
  };
  const wait = () => {
    navigator.locks.request(name, { signal: closing.signal }, granted).catch(lost);
  };

  if (navigator.locks) await firstTry(name, hold, lost);
  else hold();
  if (!letGo) wait();
  return {
    get held() {
      return letGo !== undefined;
    },
    release() {
      letGo?.();
      wait();
    },
    ask() {
      tell("ask");
      const take = () => {
        if (!letGo) navigator.locks.request(name, { steal: true }, granted).catch(lost);
      };
      later(take, POLITE_MS, closing.signal);
    },
    saved: () => tell("saved"),
    close() {
      closing.abort();
      letGo?.();
      channel.close();
    },
  };
}

/** Takes the lock if nobody has it; resolves in either case. */
function firstTry(name: string, hold: () => Promise<void>, lost: () => void): Promise<void> {
  return new Promise((resolve) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (lock) => {
        const holding = lock ? hold() : undefined;
        resolve();
        return holding;
      })
      .catch(lost);
  });
}
