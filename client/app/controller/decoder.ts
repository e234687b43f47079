/** Masks as a function of the prompt log: finds what is missing, decodes it, drops what is no longer asked for. */

import { sliceKeyOf } from "../../../core/annotation/log.ts";
import type { Digest } from "../../../core/digest.ts";
import { type Measurement, measureMask } from "../../../core/mask/measurements.ts";
import type { SegmentMask } from "../../index.ts";
import { area, share, t } from "../i18n.ts";
import { labelsOf } from "../state/labels.ts";
import { placeOf } from "../state/places.ts";
import { createChainDecoder } from "./chain-decoder.ts";
import type { Context } from "./context.ts";
import { type Job, jobsOf } from "./decode-jobs.ts";
import type { Encoder } from "./encoder.ts";

/** Below this chance the named structure is said to be absent. */
const PRESENT = 0.5;

export interface Decoder {
  /** Brings the masks in line with the log. Call after each change of log or slice. */
  sync(): void;
  /** Forgets all masks: the study has changed. */
  reset(): void;
}

export function createDecoder(context: Context, encoder: Encoder): Decoder {
  const { store, notifier, segmenter } = context;
  const chains = createChainDecoder();
  const failed = new Set<string>();
  const running = { here: false, elsewhere: false };
  let generation = 0;

  const isHere = ({ at }: Job) => {
    const { study } = store.state;
    return study !== undefined && sliceKeyOf(placeOf(study)) === sliceKeyOf(at);
  };

  const missing = () =>
    jobsOf(store.state).filter((job) => store.state.masks.get(job.key)?.chain !== job.chain && !failed.has(job.chain));

  const run = async (job: Job) => {
    const started = generation;
    const imageId = job.at.imageId as Digest; // written by `placeOf`, whose id is a digest
    const embedding = await encoder.embeddings.of({ ...job.at, imageId }, job.at.window);
    const ready = await segmenter();
    const from = performance.now();
    const masks = await chains.decode(ready, embedding, job.steps);
    const ms = performance.now() - from;
    const pixels = await ready.slice({ imageId, plane: job.at.plane, slice: job.at.slice });
    const chosen = masks[Math.min(job.steps.at(-1)?.candidate ?? 0, masks.length - 1)];
    if (started === generation) show(context, job, masks, { ms, measurement: measureMask(chosen, pixels) });
  };

  const fail = (job: Job, thrown: unknown) => {
    if (thrown instanceof Error && thrown.name === "AbortError") return;
    failed.add(job.chain);
    notifier.failed(t.errors.decode, thrown, () => {
      failed.delete(job.chain);
      sync();
    });
  };

  /** One job of each lane at a time, so that the slice shown never waits behind another's encoding. */
  const pump = async (lane: "here" | "elsewhere") => {
    if (running[lane]) return;
    running[lane] = true;
    for (let job = next(lane); job; job = next(lane)) {
      const current = job;
      await run(current).catch((thrown: unknown) => fail(current, thrown));
      countWaiting();
    }
    running[lane] = false;
  };

  const next = (lane: "here" | "elsewhere") => missing().find((job) => isHere(job) === (lane === "here"));

  const countWaiting = () => {
    const waiting = missing().filter(isHere).length;
    if (waiting !== store.state.waiting) store.set({ waiting });
  };

  const sync = () => {
    const wanted = new Set(jobsOf(store.state).map(({ key }) => key));
    const { masks } = store.state;
    if ([...masks.keys()].some((key) => !wanted.has(key)))
      store.set({ masks: new Map([...masks].filter(([key]) => wanted.has(key))) });
    countWaiting();
    void pump("here");
    void pump("elsewhere");
  };

  return {
    sync,
    reset() {
      generation++;
      chains.clear();
      failed.clear();
      store.set({ masks: new Map(), waiting: 0 });
    },
  };
}

/** Puts decoded candidates into the state, and says what was found. */
function show(
  { store, notifier }: Context,
  { key, labelId, chain, steps }: Job,
  candidates: readonly SegmentMask[],
  { ms, measurement }: { ms: number; measurement: Measurement },
) {
  const chosen = Math.min(steps.at(-1)?.candidate ?? 0, candidates.length - 1);
  store.update((state) => {
    const mask = { chain, candidates, chosen, measurement, ms };
    return { ...state, masks: new Map(state.masks).set(key, mask), preview: undefined };
  });
  const name = labelsOf(store.state).find(({ id }) => id === labelId)?.name ?? "";
  const { presence, predictedIou } = candidates[chosen];
  if (presence !== undefined && presence < PRESENT) notifier.info(t.said.absent(name));
  else if (measurement.area === 0) notifier.say(t.said.empty(name));
  else notifier.say(t.said.mask(name, area(measurement.area, measurement.areaMm2), share(predictedIou)));
}
