/**
 * The work of a volume job, slice by slice: prompted slices first, then what is propagated from them; a name on every
 * slice; where a name is; or every name. Pure: who encodes and decodes is a port, so that a server and a browser do the same.
 */
import { isByName } from "../annotation/chain.ts";
import { type AskName, findAll, type NameAnswer } from "../annotation/find-all.ts";
import { isDoubtful } from "../annotation/slice-mask.ts";
import { SegmenterError } from "../errors.ts";
import type { Slice } from "../image/volume.ts";
import { type Mask, maskArea } from "../mask/mask.ts";
import { decodeRle, encodeRle } from "../mask/rle.ts";
import { type CandidatesOf, namesToFind, scopeOf } from "../text/candidates.ts";
import { presenceThreshold } from "../text/measures.ts";
import type { Vocabulary } from "../text/vocabulary.ts";
import type { Crop } from "../wire/embedding.ts";
import type { ImageInfo } from "../wire/image.ts";
import type { JobMask, JobPlace, SegmentationRequest } from "../wire/job.ts";
import type { Prompt } from "../wire/prompt.ts";
import { type Guessed, propagate } from "./propagate.ts";

export interface VolumePort {
  /** What its file says of the image, where nobody says another. */
  readonly image: Partial<Pick<ImageInfo, "modality" | "bodyPart">> | undefined;
  /** Names to find; without one nothing is found. */
  readonly vocabulary: Pick<Vocabulary, "entries" | "resolve"> | undefined;
  /** The best answer on a slice, from a crop where one is given, else zoom included. */
  ask(slice: number, prompts: readonly Prompt[], crop?: Crop): Promise<Guessed>;
  /** Names asked of a whole slice. */
  namesOn(slice: number): AskName<NameAnswer & Guessed>;
  /** Stored values of a slice. */
  pixels(slice: number): Promise<Slice>;
  /** This slice will be asked next: what takes time may begin. Never waited for. */
  ahead(slice: number): void;
}

/** A slice that has been looked at. */
export interface Step {
  /** Absent where nothing was found. */
  readonly mask?: JobMask;
  readonly place?: JobPlace;
  /** Slices so far. */
  readonly done: number;
}

/** An `AbortSignal`, as far as it is used. */
interface Abort {
  throwIfAborted(): void;
}

/** Throws UnknownTerm and InvalidRequest for `where`, as `findPlaced`; rejects as the port. */
export async function* volumeSteps(
  port: VolumePort,
  request: SegmentationRequest,
  signal: Abort,
): AsyncGenerator<Step> {
  if (request.where) yield* located(port, request, signal);
  else if (request.text !== undefined) yield* named(port, request, signal);
  else if (request.find !== undefined) yield* found(port, request, signal);
  else yield* prompted(port, request, signal);
}

async function* prompted(port: VolumePort, request: SegmentationRequest, signal: Abort): AsyncGenerator<Step> {
  const seeds = new Map<number, Mask>();
  let done = 0;
  for (const { slice, rle, byName } of request.masks ?? []) {
    seeds.set(slice, decodeRle(rle));
    const given = { slice, rle, predictedIou: 1, origin: "given", doubtful: false } as const;
    yield { mask: { ...given, ...(byName && { byName }) }, done: ++done };
  }
  for (const { slice, prompts } of request.prompts ?? []) {
    if (seeds.has(slice)) continue;
    const best = await port.ask(slice, prompts);
    seeds.set(slice, best.mask);
    yield { mask: maskOf(slice, best, "prompted", isByName(prompts)), done: ++done };
  }
  if (!request.propagate) return;
  const { from, to } = request.propagate;
  const byName = isAllByName(request);
  for await (const { slice, doubtful, ...next } of propagate(port, { seeds, from, to, signal }))
    yield { mask: { ...maskOf(slice, next, "propagated", byName), doubtful }, done: ++done };
}

async function* named(port: VolumePort, request: SegmentationRequest, signal: Abort): AsyncGenerator<Step> {
  const { text = "" } = request;
  for (const { k, done } of slicesOf(request, signal)) {
    const best = await port.ask(k, [{ kind: "text", text }]);
    yield maskArea(best.mask) > 0 ? { mask: maskOf(k, best, "prompted", true), done } : { done };
  }
}

/** One decode a slice, the whole of it. */
async function* located(port: VolumePort, request: SegmentationRequest, signal: Abort): AsyncGenerator<Step> {
  const { text = "", context, propagate: range } = request;
  const term = port.vocabulary && findPlaced(port.vocabulary, text, scopeOf(port.image, context));
  if (!term) return;
  for (const { k, done } of slicesOf(request, signal)) {
    if (k !== range?.to) port.ahead(k + 1);
    const { presence, mask } = await port.namesOn(k)(text);
    yield { place: { slice: k, presence, shown: presence >= term.threshold && maskArea(mask) > 0 }, done };
  }
}

/** Names are asked of each slice in turn, so that a job that is stopped has whole slices. */
async function* found(port: VolumePort, request: SegmentationRequest, signal: Abort): AsyncGenerator<Step> {
  const { context, propagate: range } = request;
  const candidates = namesToFind(port.vocabulary?.entries ?? [], scopeOf(port.image, context));
  for (const { k, done } of slicesOf(request, signal)) {
    if (k !== range?.to) port.ahead(k + 1);
    for await (const { found } of findAll(port.namesOn(k), candidates, signal)) {
      if (!found) continue;
      const { candidate, answer } = found;
      const mask = maskOf(k, answer, "prompted", true);
      yield { mask: { ...mask, name: candidate.name, presence: answer.presence }, done: done - 1 };
    }
    yield { done };
  }
}

function* slicesOf({ propagate: range }: SegmentationRequest, signal: Abort): Generator<{ k: number; done: number }> {
  if (!range) return;
  for (let k = range.from; k <= range.to; k++) {
    signal.throwIfAborted();
    yield { k, done: k - range.from + 1 };
  }
}

/**
 * A name and the presence from which on it was measured to be there. Throws UnknownTerm, and InvalidRequest where that was
 * not measured.
 */
export function findPlaced(
  vocabulary: Pick<Vocabulary, "entries" | "resolve">,
  text: string,
  said: Pick<CandidatesOf, "modality" | "task">,
): { readonly name: string; readonly threshold: number } {
  const answer = vocabulary.resolve(text, said);
  if (!answer.known) throw new SegmenterError("UnknownTerm", { text, suggestions: answer.suggestions });
  const term = vocabulary.entries.find(({ id }) => id === answer.term);
  const threshold = term && presenceThreshold(term);
  if (threshold !== undefined) return { name: answer.name, threshold };
  const reason = `where the ${answer.name} is cannot be told: its presence was not measured on slices with and without it`;
  throw new SegmenterError("InvalidRequest", { reason, path: "text" });
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
  ...{ slice, rle: encodeRle(mask), predictedIou, origin, doubtful: isDoubtful(predictedIou) },
  ...(byName && { byName }),
});
