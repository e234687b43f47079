/** Every structure of the slice shown as proposals: segments like others, until each is accepted or rejected. */

import type { LogAction } from "../../../core/annotation/entries.ts";
import { append, type PromptLog } from "../../../core/annotation/log.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { NameLooked } from "../../index.ts";
import { addSegment } from "../annotate/segment-actions.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import { encodedRefOf, placeOf, saidOf } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
import type { State } from "../state/state.ts";
import { createGuesses, type FindingOptions, type Guesses } from "./guesses.ts";
import { createLocating, type Locating } from "./locating.ts";
import { foundThrough, type VolumeKeeping, volumeProposals } from "./through.ts";

type Found = NonNullable<NameLooked["found"]>;

export interface Finding extends Guesses, Locating {
  /** Looks for all structures on the slice shown; while it looks, stops. */
  toggle(): void;
  /** The same on all slices of the plane shown; stopped, it proposes what it has found. */
  toggleVolume(): void;
  /** Proposals that stay as they are. */
  accept(segmentIds: readonly string[]): void;
  /** Proposals that go, as one step. */
  reject(segmentIds: readonly string[]): void;
}

export function createFinding(context: Context, options: FindingOptions & VolumeKeeping): Finding {
  const { writer, embed, keepMasks } = options;
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

  const isNew = (name: string) =>
    !segmentList(store.state).some((segment) => segment.name.toLowerCase() === name.toLowerCase());

  const propose = ({ actions, proposed }: ReturnType<typeof proposalsOf>, nothing: string) => {
    if (proposed.size === 0) return notifier.info(nothing, { cause: "find" });
    if (!writer.actAsOne(actions, { proposed: new Map([...store.state.proposed, ...proposed]), panelOpen: true }))
      return;
    notifier.say(t.finding.found(proposed.size));
  };

  const onSlice = async (image: OpenImage, own: AbortController) => {
    const found = await look(image, own);
    const now = store.state.image;
    if (!now?.pixels || sliceKeyOf(placeOf(now)) !== sliceKeyOf(placeOf(image))) return;
    const fresh = found.filter(({ name }) => isNew(name));
    propose(proposalsOf(store.state.log, image, fresh), t.finding.nothing(image.slice + 1));
  };

  const inVolume = async (image: OpenImage, { signal }: AbortController) => {
    const report = (done: number, total: number) => store.set({ finding: { done, total } });
    const all = await foundThrough(await segmenter(), image, { signal, report });
    if (store.state.image?.info.imageId !== image.info.imageId) return;
    const found = new Map([...all].filter(([name]) => isNew(name)));
    propose(volumeProposals(store.state.log, image, { found, keepMasks }), t.finding.nothingInVolume);
  };

  const start = async (lookFor: typeof onSlice) => {
    const { image } = store.state;
    if (!image?.pixels || !writer.mayWrite()) return;
    const own = new AbortController();
    running = own;
    store.set({ finding: { done: 0, total: 0 } });
    try {
      await lookFor(image, own);
    } catch (thrown) {
      if (!own.signal.aborted) notifier.failed(t.errors.decode, thrown, { cause: "find" });
    } finally {
      if (running === own) running = undefined;
      store.set({ finding: undefined });
    }
  };

  return {
    toggle() {
      if (running) running.abort();
      else void start(onSlice);
    },
    toggleVolume() {
      if (running) running.abort();
      else void start(inVolume);
    },
    accept: (segmentIds) => store.set(without(store.state, segmentIds)),
    reject(segmentIds) {
      const gone = segmentIds.map((segmentId) => ({ kind: "remove-segment", segmentId }) as const);
      if (writer.actAsOne(gone, without(store.state, segmentIds))) writer.followLog();
    },
    ...createGuesses(context, { writer, embed }),
    ...createLocating(context),
  };
}

/** The proposals that are left when these have been judged. */
function without({ proposed }: Pick<State, "proposed">, segmentIds: readonly string[]): Pick<State, "proposed"> {
  return { proposed: new Map([...proposed].filter(([id]) => !segmentIds.includes(id))) };
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
