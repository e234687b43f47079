/** From prompts to masks on the ladder: the first answer of a fresh page does not wait for its decoder. */
import { SegmenterError } from "../../core/errors.ts";
import type { Prompt } from "../../core/wire/index.ts";
import { raceSignal } from "../common/abort.ts";
import type { Embedding, Segmenter, SegmenterStatus, SegmentMask, SegmentOptions } from "../types.ts";
import type { Backend } from "./backend.ts";
import type { Ladder } from "./ladder.ts";

export interface DecodingOptions {
  readonly manifest: { readonly id: string };
  readonly ladder: Ladder;
  readonly status: { change(part: Partial<SegmenterStatus>): void };
}

export interface Decoding {
  /** On the ladder alone. */
  readonly decodeOn: Segmenter["segment"];
  /** By the stand-in too, while the ladder starts. */
  readonly decodeSoon: Segmenter["segment"];
}

export function createDecoding({ manifest, ladder, status }: DecodingOptions): Decoding {
  /**
   * What the ladder itself answers in place of a mask of the stand-in. It has the logits, so that a refinement begins with
   * what a replay of the same prompts would begin with.
   */
  const own = new WeakMap<SegmentMask, () => Promise<SegmentMask>>();
  let latest: (() => Promise<unknown>) | undefined;

  const withOwn = async (call: SegmentOptions): Promise<SegmentOptions> => {
    const asked = call.previous && own.get(call.previous);
    const previous = await asked?.().catch(() => undefined);
    return previous ? { ...call, previous } : call;
  };
  const answerOn = (on: Embedding, prompts: readonly Prompt[], call: SegmentOptions) => async (backend: Backend) =>
    backend.answer(on, prompts, backend.name === "server" ? call : await withOwn(call));
  const check = ({ model }: Embedding) => {
    if (model !== manifest.id) throw new SegmenterError("ModelMismatch", { expected: manifest.id, got: model });
  };
  const decodeOn: Segmenter["segment"] = async (on, prompts, call = {}) => {
    check(on);
    const { masks, ms } = await raceSignal(ladder.run(answerOn(on, prompts, call)), call.signal);
    status.change({ ms });
    return masks;
  };

  /** The latest of them is answered again as soon as there is a backend: it is the one most likely to be refined. */
  const answerAgain = (masks: readonly SegmentMask[], again: () => Promise<readonly SegmentMask[]>) => {
    const answers = once(again);
    for (const [n, mask] of masks.entries()) own.set(mask, async () => (await answers())[n] ?? mask);
    latest = answers;
    const askLatest = async () => {
      await ladder.ready();
      if (latest === answers) await answers();
    };
    askLatest().catch(() => {}); // asked again, and told, when it is refined
  };

  return {
    decodeOn,
    async decodeSoon(on, prompts, call = {}) {
      check(on);
      const { done, early } = await raceSignal(ladder.soonest(answerOn(on, prompts, call)), call.signal);
      const { signal: _over, ...said } = call;
      if (early) answerAgain(done.masks, () => decodeOn(on, prompts, said));
      else status.change({ ms: done.ms });
      return done.masks;
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
