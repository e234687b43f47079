/** Every structure of the slice shown as proposals: segments like others, until each is accepted or rejected. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import { append, type PromptLog } from "../../../core/annotation/log.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { NameLooked } from "../../index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { encodedRefOf, placeOf, saidOf } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
import type { OpenImage } from "../state/state.ts";
import { createGuesses, type FindingOptions, type Guesses } from "./guesses.ts";
import { addSegment } from "./segment-actions.ts";

type Found = NonNullable<NameLooked["found"]>;

export interface Finding extends Guesses {
  /** Looks for all structures on the slice shown; while it looks, stops. */
  toggle(): void;
  /** Proposals that stay as they are. */
  accept(segmentIds: readonly string[]): void;
  /** Proposals that go, as one step. */
  reject(segmentIds: readonly string[]): void;
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
    const { actions, proposed } = proposalsOf(store.state.log, image, fresh);
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
      const now = store.state.image;
      if (now?.pixels && sliceKeyOf(placeOf(now)) === sliceKeyOf(placeOf(image))) propose(image, found);
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
    ...createGuesses(context, { writer, embed }),
  };
}

/** A segment for each name, with the name as its prompt. */
function proposalsOf(log: PromptLog, image: OpenImage, found: readonly Found[]) {
  const actions: LogAction[] = [];
  const proposed = new Map<string, string>();
  for (const { name } of found) {
    const added = addSegment(actions.reduce(append, log), name);
    const prompts = [{ kind: "text", text: name }] as const;
    const { segmentId } = added;
    actions.push(added, { kind: "prompt", segmentId, at: encodedRefOf(image), prompts, multimask: false });
    proposed.set(segmentId, name);
  }
  return { actions, proposed };
}
