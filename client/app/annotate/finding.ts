/** Every structure of the slice shown as proposals: segments like others, until each is accepted or rejected. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import { append } from "../../../core/annotation/log.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { Embedding, NameLooked } from "../../index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { activeMask, encodedRefOf, placeOf, saidOf } from "../state/places.ts";
import { activeSegmentOf, segmentList } from "../state/segments.ts";
import type { OpenImage } from "../state/state.ts";
import type { LogWriter } from "./log-writer.ts";
import { addSegment } from "./segment-actions.ts";

type Found = NonNullable<NameLooked["found"]>;

export interface Finding {
  /** Looks for all structures on the slice shown; while it looks, stops. */
  toggle(): void;
  /** Proposals that stay as they are. */
  accept(segmentIds: readonly string[]): void;
  /** Proposals that go, as one step. */
  reject(segmentIds: readonly string[]): void;
  /** Asks what the active mask may be called; when that is known already, takes the first name. */
  guess(): void;
  /** The name of the active segment. */
  take(name: string): void;
}

export interface FindingOptions {
  readonly writer: Pick<LogWriter, "actAsOne" | "mayWrite" | "followLog">;
  readonly embed: (image: OpenImage) => Promise<Embedding>;
}

export function createFinding(context: Context, { writer, embed }: FindingOptions): Finding {
  const { store, notifier, segmenter } = context;
  let running: AbortController | undefined;

  const look = async (image: OpenImage, { signal }: AbortController): Promise<Found[]> => {
    const [ready, on] = await Promise.all([segmenter(), embed(image)]);
    const found: Found[] = [];
    for await (const { done, total, found: one } of ready.findAll(on, { signal, ...saidOf(image) })) {
      signal.throwIfAborted();
      if (one) found.push(one);
      store.set({ finding: { done, total } });
    }
    return found;
  };

  const propose = (image: OpenImage, found: readonly Found[]) => {
    const known = new Set(segmentList(store.state).map(({ name }) => name.toLowerCase()));
    const fresh = found.filter(({ name }) => !known.has(name.toLowerCase()));
    if (fresh.length === 0) return notifier.info(t.finding.nothing(image.slice + 1), { cause: "find" });
    const actions: LogAction[] = [];
    const proposed = new Map<string, string>();
    for (const { name } of fresh) {
      const added = addSegment(actions.reduce(append, store.state.log), name);
      const prompts = [{ kind: "text" as const, text: name }];
      actions.push(added, {
        kind: "prompt",
        segmentId: added.segmentId,
        at: encodedRefOf(image),
        prompts,
        multimask: false,
      });
      proposed.set(added.segmentId, name);
    }
    if (!writer.actAsOne(actions, { proposed, panelOpen: true })) return;
    notifier.say(t.finding.found(fresh.length));
  };

  const start = async () => {
    const { image } = store.state;
    if (!image?.pixels || !writer.mayWrite()) return;
    const own = new AbortController();
    running = own;
    store.set({ finding: { done: 0, total: 0 } });
    try {
      const found = await look(image, own);
      if (isShown(store.state.image, image)) propose(image, found);
    } catch (thrown) {
      if (!own.signal.aborted) notifier.failed(t.errors.decode, thrown, { cause: "find" });
    } finally {
      if (running === own) running = undefined;
      store.set({ finding: undefined });
    }
  };

  const forget = (segmentIds: readonly string[]) => {
    const left = [...store.state.proposed].filter(([id]) => !segmentIds.includes(id));
    return { proposed: new Map(left) };
  };

  const take = (name: string) => {
    const active = activeSegmentOf(store.state);
    if (!active) return;
    if (active.name !== name) writer.actAsOne([{ kind: "change-segment", segmentId: active.id, name }]);
    store.set({ guesses: undefined });
  };

  const ask = async () => {
    const { image } = store.state;
    const view = activeMask(store.state);
    if (!image?.pixels || !view || view.area === 0) return;
    const { chain, candidates, chosen } = view;
    const [ready, on] = await Promise.all([segmenter(), embed(image)]);
    const names = await ready.classify(on, candidates[chosen], saidOf(image));
    if (activeMask(store.state)?.chain !== chain) return;
    store.set({ guesses: { chain, names } });
    const [first] = names;
    notifier.say(first ? t.finding.guess(first.name) : t.finding.noGuess);
    if (!first) notifier.info(t.finding.noGuess, { cause: "guess" });
  };

  return {
    toggle() {
      if (running) running.abort();
      else void start();
    },
    accept: (segmentIds) => store.set(forget(segmentIds)),
    reject(segmentIds) {
      const gone = segmentIds.map((segmentId) => ({ kind: "remove-segment", segmentId }) as const);
      if (writer.actAsOne(gone, forget(segmentIds))) writer.followLog();
    },
    guess() {
      const { guesses } = store.state;
      const first = guesses?.chain === activeMask(store.state)?.chain ? guesses?.names[0] : undefined;
      if (first) return take(first.name);
      ask().catch((thrown: unknown) => notifier.failed(t.errors.decode, thrown, { cause: "guess" }));
    },
    take,
  };
}

function isShown(now: OpenImage | undefined, then: OpenImage): boolean {
  if (!now?.pixels) return false;
  const [a, b]: SliceRef[] = [placeOf(now), placeOf(then)];
  return a.imageId === b.imageId && a.plane === b.plane && a.slice === b.slice;
}
