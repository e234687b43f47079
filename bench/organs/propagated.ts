/** Organs of the test data to propagate through a volume, and how much of each was found. */
import { join } from "node:path";
import { sliceGrid, sliceOf } from "../../core/image/slice.ts";
import type { Plane, Volume, Window } from "../../core/image/volume.ts";
import { defaultWindow } from "../../core/image/window.ts";
import { createMask, type Mask, maskArea } from "../../core/mask/mask.ts";
import { deepestPixel } from "../../core/prompt/prompt-logits.ts";
import { type Prompt, SegmentationRequest } from "../../core/wire/index.ts";
import type { Services } from "../../server/services.ts";
import { boxAround } from "../accuracy/user.ts";
import { labelsOn } from "./slices.ts";
import { open } from "./volume.ts";

export const SOFT: Window = { center: 40, width: 400 };

export interface PropagatedStudy {
  readonly image: string;
  readonly labels: string;
  readonly organs: Readonly<Record<number, string>>;
  /** Axial when left out. */
  readonly plane?: Plane;
  /** Said of the middle one of the slices that show the organ, not of the largest: both directions are equally long. */
  readonly middle?: boolean;
  /** What is said of the slice; one click when left out. */
  readonly said?: (seed: Mask) => Prompt[];
}

const click = (seed: Mask): Prompt => {
  const [x, y] = deepestPixel(seed) ?? [0, 0];
  return { kind: "point", x, y, label: "foreground" };
};

const ABDOMEN = {
  image: "tests/ct_dicom_j2k/series",
  labels: "tests/ct_dicom_j2k/labels.nii.gz",
  organs: { 1: "spleen", 5: "liver", 52: "aorta" },
};

const TRUNK = {
  image: "train/label-volumes/trunk/ct-01.nii.gz",
  labels: "train/label-volumes/trunk/ct-01-labels.nii.gz",
  organs: {
    ...{ 1: "spleen", 2: "right kidney", 3: "left kidney", 4: "gallbladder", 5: "liver" },
    ...{ 52: "aorta", 21: "urinary bladder" },
  },
};

export const PROPAGATED: Readonly<Record<string, PropagatedStudy>> = {
  abdomen: ABDOMEN,
  spleen: {
    image: "tests/nifti/spleen2_ct.nii.gz",
    labels: "tests/nifti/spleen2_seg.nii.gz",
    organs: { 1: "spleen" },
    said: (seed) => [boxAround(seed)],
  },
  mr: {
    image: "tests/nifti/example_mr_sm.nii.gz",
    labels: "tests/nifti/example_seg_mr.nii.gz",
    organs: { 1: "spleen", 2: "right kidney", 3: "left kidney", 5: "liver" },
  },
  trunk: TRUNK,
  "abdomen-middle": { ...ABDOMEN, middle: true },
  "trunk-coronal": { ...TRUNK, organs: { 5: "liver" }, plane: "coronal" },
  "trunk-boxed": { ...TRUNK, said: (seed) => [boxAround(seed), click(seed)] },
};

/** One organ, with what is asked of it. */
export interface AskedOrgan {
  readonly name: string;
  readonly imageId: `sha256:${string}`;
  readonly request: SegmentationRequest;
  readonly truth: readonly Uint8Array[];
}

/** Throws what reading the files throws. */
export async function* organsToAsk(
  { images }: Pick<Services, "images">,
  data: string,
  study: PropagatedStudy,
): AsyncGenerator<AskedOrgan> {
  const { said = (seed: Mask) => [click(seed)], plane = "axial" } = study;
  const [image, labels] = [await open(join(data, study.image)), await open(join(data, study.labels))];
  const { info } = await images.open(join(data, study.image));
  const maps = Array.from({ length: sliceGrid(image, plane).count }, (_, k) =>
    labelsOn(sliceOf(image, plane, k), labels),
  );
  const { width, height } = sliceOf(image, plane, 0);
  for (const [id, name] of Object.entries(study.organs)) {
    const truth = maps.map((map) => Uint8Array.from(map, (label) => (label === Number(id) ? 1 : 0)));
    const areas = truth.map((data) => maskArea({ width, height, data }));
    const shown = [...areas.keys()].filter((k) => areas[k] > 0);
    const slice = study.middle ? shown[shown.length >> 1] : areas.indexOf(Math.max(...areas));
    const request = SegmentationRequest.parse({
      plane,
      window: windowOf(image),
      prompts: [{ slice, prompts: said(createMask(width, height, truth[slice])) }],
      propagate: { from: 0, to: truth.length - 1 },
    });
    yield { name, imageId: info.imageId, request, truth };
  }
}

function windowOf(image: Volume): Window {
  const { center, width } = image.modality === "CT" ? SOFT : defaultWindow(image);
  return { center, width };
}

/** Slices that are marked beyond the first and the last one that shows the organ, and those that show it and are not marked. */
export function endsOf(truth: readonly Uint8Array[], found: ReadonlyMap<number, Uint8Array>): string {
  const shown = [...truth.keys()].filter((k) => truth[k].includes(1));
  const marked = [...found].filter(([, mask]) => mask.includes(1)).map(([k]) => k);
  const beyond = marked.filter((k) => k < shown[0] || k > shown[shown.length - 1]).length;
  return `beyond ${beyond}, missed ${shown.filter((k) => !marked.includes(k)).length} of ${shown.length}`;
}

export function diceOf(truth: readonly Uint8Array[], found: ReadonlyMap<number, Uint8Array>): number {
  let [both, all] = [0, 0];
  truth.forEach((slice, k) => {
    const mask = found.get(k);
    for (let n = 0; n < slice.length; n++) {
      const inside = mask ? mask[n] : 0;
      both += slice[n] & inside;
      all += slice[n] + inside;
    }
  });
  return (2 * both) / all;
}
