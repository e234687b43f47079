/** Masks as a function of the prompt log: finds what is missing, decodes it, drops what is no longer asked for. */
import { measureMask } from "../../../core/measurements.ts";
import { objectsOf, type SliceRef, type Step, sliceKeyOf, slicesOf, stepsOf } from "../../../core/prompt-log.ts";
import type { Digest } from "../../../core/store.ts";
import type { Embedding, Segmenter, SegmentMask } from "../../index.ts";
import { area, share, t } from "../i18n.ts";
import { labelsOf } from "../state/labels.ts";
import { maskKey, placeOf } from "../state/places.ts";
import type { MaskView } from "../state/state.ts";
import type { Context } from "./context.ts";
import type { Encoder } from "./encoder.ts";

/** Decoded steps that undo, redo and candidate choice come back to. */
const MAX_CHAINS = 256;
/** Below this chance the named structure is said to be absent. */
const PRESENT = 0.5;

interface Job {
  readonly key: string;
  readonly labelId: string;
  readonly at: SliceRef;
  readonly steps: readonly Step[];
  readonly chain: string;
}

export interface Decoder {
  /** Brings the masks in line with the log. Call after each change of log or slice. */
  sync(): void;
  /** Forgets all masks: the study has changed. */
  reset(): void;
}

export function createDecoder({ store, notifier, segmenter }: Context, encoder: Encoder): Decoder {
  const chains = new Map<string, readonly SegmentMask[]>();
  const failed = new Set<string>();
  const running = { here: false, elsewhere: false };
  let generation = 0;

  const isHere = ({ at }: Job) => {
    const { study } = store.state;
    return study !== undefined && sliceKeyOf(placeOf(study)) === sliceKeyOf(at);
  };

  const missing = () =>
    jobsOf(store.state).filter((job) => store.state.masks.get(job.key)?.chain !== job.chain && !failed.has(job.chain));

  const show = (job: Job, masks: readonly SegmentMask[], view: Pick<MaskView, "ms" | "measurement">) => {
    const chosen = Math.min(job.steps.at(-1)?.candidate ?? 0, masks.length - 1);
    store.update((state) => {
      const mask = { chain: job.chain, candidates: masks, chosen, ...view };
      return { ...state, masks: new Map(state.masks).set(job.key, mask), preview: undefined };
    });
    announce(job, masks[chosen], view.measurement);
  };

  const announce = ({ labelId }: Job, mask: SegmentMask, measurement: MaskView["measurement"]) => {
    const name = labelsOf(store.state).find(({ id }) => id === labelId)?.name ?? "";
    if (mask.presence !== undefined && mask.presence < PRESENT) return notifier.info(t.said.absent(name));
    if (!measurement || measurement.area === 0) return notifier.say(t.said.empty(name));
    notifier.say(t.said.mask(name, area(measurement.area, measurement.areaMm2), share(mask.predictedIou)));
  };

  const decodeChain = async (ready: Segmenter, embedding: Embedding, steps: readonly Step[]) => {
    let masks: readonly SegmentMask[] = [];
    for (let count = 1; count <= steps.length; count++) {
      const part = steps.slice(0, count);
      const key = chainOf(part);
      const previous = masks[steps[count - 2]?.candidate ?? 0];
      const known = chains.get(key);
      masks = known ?? (await ready.segment(embedding, promptsIn(part), optionsFor(part, previous)));
      chains.delete(key);
      chains.set(key, masks);
      if (chains.size > MAX_CHAINS) chains.delete([...chains.keys()][0]);
    }
    return masks;
  };

  const run = async (job: Job) => {
    const started = generation;
    const imageId = job.at.imageId as Digest; // written by `placeOf`, whose id is a digest
    const embedding = await encoder.embeddingOf({ ...job.at, imageId }, job.at.window);
    const ready = await segmenter();
    const from = performance.now();
    const masks = await decodeChain(ready, embedding, job.steps);
    const ms = performance.now() - from;
    const pixels = await ready.slice({ imageId, plane: job.at.plane, slice: job.at.slice });
    const chosen = masks[Math.min(job.steps.at(-1)?.candidate ?? 0, masks.length - 1)];
    if (started === generation) show(job, masks, { ms, measurement: measureMask(chosen, pixels) });
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

/** Every mask the log asks for. The window of the last prompt holds for the whole chain. */
function jobsOf({ log, study }: Context["store"]["state"]): Job[] {
  if (!study) return [];
  return objectsOf(log)
    .flatMap(({ objectId }) =>
      slicesOf(log, objectId)
        .filter(({ imageId }) => imageId === study.info.imageId)
        .map((slice) => {
          const steps = stepsOf(log, objectId, sliceKeyOf(slice));
          const at = steps.at(-1)?.action.at ?? slice;
          return { key: maskKey(objectId, slice), labelId: objectId, at, steps, chain: viewOf(steps) };
        }),
    )
    .filter(({ steps }) => steps.length > 0);
}

const promptsIn = (steps: readonly Step[]) => steps.flatMap(({ action }) => action.prompts);

const optionsFor = (steps: readonly Step[], previous: SegmentMask | undefined) => ({
  multimask: steps.at(-1)?.action.multimask ?? false,
  ...(previous ? { previous } : {}),
});

/** Names what is shown: a chain and its chosen candidate. */
const viewOf = (steps: readonly Step[]) => `${chainOf(steps)}#${steps.at(-1)?.candidate ?? 0}`;

/** Names a chain: place, window, prompts, and the candidates that earlier steps were refined from. */
function chainOf(steps: readonly Step[]): string {
  const last = steps.at(-1);
  if (!last) return "";
  const { imageId, plane, slice, window } = last.action.at;
  return JSON.stringify([
    imageId,
    plane,
    slice,
    window,
    steps.map(({ action, candidate }, index) => [
      action.prompts,
      action.multimask ?? false,
      index === steps.length - 1 ? 0 : candidate,
    ]),
  ]);
}
