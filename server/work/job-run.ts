/** The work of a volume job: prompted slices first, then what is propagated from them; a name on every slice; or every name. */

import { isByName } from "../../core/annotation/chain.ts";
import { findAll } from "../../core/annotation/find-all.ts";
import type { Digest } from "../../core/digest.ts";
import type { Mask } from "../../core/mask/mask.ts";
import { decodeRle, encodeRle } from "../../core/mask/rle.ts";
import { type CandidateName, namesToFind } from "../../core/text/candidates.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import { type Guessed, propagate } from "../../core/volume/propagate.ts";
import type { JobMask, MaskResult, Prompt, SegmentationRequest } from "../../core/wire/index.ts";
import type { EmbeddingService, SliceSource } from "./embeddings.ts";
import { askNames } from "./find-names.ts";
import type { MaskService } from "./masks.ts";

export interface VolumeWork {
  readonly images: SliceSource;
  readonly masks: Pick<MaskService, "masks">;
  /** Encodes the next slice while this one is decoded; without it each waits for the other. */
  readonly embeddings?: Pick<EmbeddingService, "embed"> | undefined;
  /** Names to find; without one nothing is found. */
  readonly vocabulary?: Pick<Vocabulary, "entries"> | undefined;
}

export interface VolumeAsked {
  readonly imageId: Digest;
  readonly request: SegmentationRequest;
  readonly signal: AbortSignal;
}

/** A slice that has been looked at. */
export interface Step {
  /** Absent where nothing was found. */
  readonly mask?: JobMask;
  /** Slices so far. */
  readonly done: number;
}

/** Masks below this predicted IoU are shown as doubtful. */
const DOUBTFUL_IOU = 0.2;

export async function* masksOfVolume(work: VolumeWork, asked: VolumeAsked): AsyncGenerator<Step> {
  const { request } = asked;
  if (request.text !== undefined) yield* named(work, asked);
  else if (request.find !== undefined) yield* found(work, asked);
  else yield* prompted(work, asked);
}

async function* prompted(work: VolumeWork, asked: VolumeAsked): AsyncGenerator<Step> {
  const { imageId, request, signal } = asked;
  const seeds = new Map<number, Mask>();
  let done = 0;
  for (const { slice, rle, byName } of request.masks ?? []) {
    seeds.set(slice, decodeRle(rle));
    const given = { slice, rle, predictedIou: 1, origin: "given", doubtful: false } as const;
    yield { mask: { ...given, ...(byName && { byName }) }, done: ++done };
  }
  for (const { slice, prompts } of request.prompts ?? []) {
    if (seeds.has(slice)) continue;
    const best = await ask(work, asked, slice, prompts);
    const mask = decodeRle(best.rle);
    seeds.set(slice, mask);
    const found = maskOf(slice, { mask, predictedIou: best.predictedIou }, "prompted", isByName(prompts));
    yield { mask: found, done: ++done };
  }
  if (!request.propagate) return;
  const { from, to } = request.propagate;
  const port = {
    ask: async (k: number, prompts: readonly Prompt[]): Promise<Guessed> => {
      const { rle, predictedIou } = await ask(work, asked, k, prompts);
      return { mask: decodeRle(rle), predictedIou };
    },
    pixels: (k: number) => work.images.slice(imageId, request.plane, k),
    ahead: (k: number) => aheadOf(work, asked, k),
  };
  const byName = isAllByName(request);
  for await (const { slice, doubtful, ...found } of propagate(port, { seeds, from, to, signal }))
    yield { mask: { ...maskOf(slice, found, "propagated", byName), doubtful }, done: ++done };
}

async function* named(work: VolumeWork, asked: VolumeAsked): AsyncGenerator<Step> {
  const { text = "", propagate: range } = asked.request;
  if (!range) return;
  for (let k = range.from; k <= range.to; k++) {
    asked.signal.throwIfAborted();
    const best = await ask(work, asked, k, [{ kind: "text", text }]);
    const { predictedIou } = best;
    const done = k - range.from + 1;
    yield best.area > 0
      ? { mask: maskOf(k, { mask: decodeRle(best.rle), predictedIou }, "prompted", true), done }
      : { done };
  }
}

/** Names are asked of each slice in turn, so that a job that is stopped has whole slices. */
async function* found(work: VolumeWork, asked: VolumeAsked): AsyncGenerator<Step> {
  const { imageId, request, signal } = asked;
  const { plane, window, model, context, propagate: range } = request;
  if (!range) return;
  const candidates = await candidatesOf(work, asked);
  for (let k = range.from; k <= range.to; k++) {
    const place = { imageId, plane, slice: k, window, model, context };
    if (k < range.to) aheadOf(work, asked, k + 1);
    const done = k - range.from + 1;
    const ask = askNames(work.masks.masks, place, { signal, background: true });
    for await (const { found } of findAll(ask, candidates, signal)) {
      if (!found) continue;
      const { candidate, answer } = found;
      const mask = maskOf(k, answer, "prompted", true);
      yield { mask: { ...mask, name: candidate.name, presence: answer.presence }, done: done - 1 };
    }
    yield { done };
  }
}

async function candidatesOf(
  { images, vocabulary }: VolumeWork,
  { imageId, request: { context } }: VolumeAsked,
): Promise<CandidateName[]> {
  const image = await images.get(imageId);
  const modality = context?.modality ?? image?.modality;
  return namesToFind(vocabulary?.entries ?? [], { modality, region: context?.bodyPart });
}

/** What fails here fails again, and is told, when the slice is asked. */
function aheadOf({ embeddings }: VolumeWork, { imageId, request, signal }: VolumeAsked, slice: number): void {
  const { plane, window, model } = request;
  embeddings?.embed(imageId, { plane, slice, window, model }, { signal, background: true }).catch(() => {});
}

/** What is filled from names alone was told by nobody's hand either. */
const isAllByName = ({ masks = [], prompts = [] }: SegmentationRequest): boolean =>
  masks.every(({ byName }) => byName) && prompts.every(({ prompts: said }) => isByName(said));

const maskOf = (
  slice: number,
  { mask, predictedIou }: Guessed,
  origin: JobMask["origin"],
  byName: boolean,
): JobMask => ({
  ...{ slice, rle: encodeRle(mask), predictedIou, origin, doubtful: predictedIou < DOUBTFUL_IOU },
  ...(byName && { byName }),
});

/** The best mask of the one answer path; people who click go first. */
async function ask(
  { masks }: VolumeWork,
  { imageId, request, signal }: VolumeAsked,
  slice: number,
  prompts: readonly Prompt[],
): Promise<MaskResult> {
  const { plane, window, model, context } = request;
  const place = { imageId, plane, slice, window, model, context };
  const asked = { ...place, prompts: [...prompts], multimask: false, zoom: "auto" as const };
  const { masks: found } = await masks.masks(asked, { signal, background: true });
  return found[0];
}
