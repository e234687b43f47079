/** Volume jobs in this browser, as a server does them: for pages without one. */
import { SegmenterError } from "../../core/errors.ts";
import { planeOf } from "../../core/image/planes.ts";
import type { Vocabulary } from "../../core/text/vocabulary.ts";
import { type VolumePort, volumeSteps } from "../../core/volume/steps.ts";
import type { SegmentationRequest } from "../../core/wire/index.ts";
import type { PropagateProgress } from "../common/job-types.ts";
import { digestOf } from "../common/sha256.ts";
import type { Api } from "../http/api.ts";
import type { Segmenter } from "../types.ts";

interface Parts extends Pick<Api, "image" | "slice" | "embed">, Pick<Segmenter, "segment"> {
  /** What the segmenter gives, prepared for its decoder. */
  readonly embedOn: Segmenter["embed"];
  readonly vocabulary: () => Promise<Vocabulary>;
}

/** The same request is the same job here too, and begins anew: the slices that are encoded make it short. */
export function createLocalVolumes(parts: Parts): Api["propagate"] {
  return async function* (imageId, request, { signal = new AbortController().signal } = {}) {
    const image = await parts.image(imageId);
    checkSlices(image, request);
    const port = portOf(parts, { imageId, request, signal }, image, await parts.vocabulary());
    const jobId = digestOf(JSON.stringify(["job", imageId, request]));
    const total = totalOf(request);
    let last = 0;
    for await (const { mask, place, done } of volumeSteps(port, request, signal)) {
      last = done;
      const news = { masks: mask ? [mask] : [], where: place ? [place] : [] };
      yield { jobId, state: "running", done, total, ...news };
    }
    const end: PropagateProgress = { jobId, state: "done", done: Math.max(last, total), total, masks: [], where: [] };
    yield end;
  };
}

const totalOf = ({ propagate: range, prompts, masks }: SegmentationRequest): number =>
  range ? range.to - range.from + 1 : new Set([...(prompts ?? []), ...(masks ?? [])].map(({ slice }) => slice)).size;

/** Throws SliceNotFound, and InvalidRequest for a name without slices. */
function checkSlices(image: Parameters<typeof planeOf>[0], request: SegmentationRequest): void {
  const { plane, propagate: range, prompts = [], masks = [], text, find } = request;
  if ((text ?? find) !== undefined && !range)
    throw new SegmenterError("InvalidRequest", { reason: "a name needs the slices to look at", path: "propagate" });
  for (const { slice } of [...prompts, ...masks]) planeOf(image, plane, slice);
  if (range) for (const slice of [range.from, range.to]) planeOf(image, plane, slice);
}

interface Asked {
  readonly imageId: string;
  readonly request: SegmentationRequest;
  readonly signal: AbortSignal;
}

function portOf(
  { slice: pixels, embed, embedOn, segment }: Parts,
  { imageId, request: { plane, window, context }, signal }: Asked,
  image: VolumePort["image"],
  vocabulary: Vocabulary,
): VolumePort {
  const at = (slice: number) => ({ imageId, plane, slice, ...(window ? { window } : {}) });
  const call = { signal, ...(context ? { context } : {}) };
  return {
    image,
    vocabulary,
    async ask(slice, prompts, crop) {
      const [mask] = await segment(await embedOn({ ...at(slice), ...(crop && { crop }) }, { signal }), prompts, call);
      return { mask, predictedIou: mask.predictedIou };
    },
    namesOn: (slice) => async (text) => {
      const on = await embedOn(at(slice), { signal });
      const [mask] = await segment(on, [{ kind: "text", text }], { ...call, zoom: "never" });
      return { mask, presence: mask.presence ?? 0, predictedIou: mask.predictedIou };
    },
    pixels: (slice) => pixels(imageId, plane, slice, { signal }),
    ahead(slice) {
      embed(imageId, { plane, slice, ...(window ? { window } : {}) }, { signal }).catch(() => {});
    },
  };
}
