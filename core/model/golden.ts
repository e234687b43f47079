/** The decoder checks itself: a bundled embedding is decoded and compared with the masks that training wrote beside it. */

import { asFloat32 } from "../embedding/file.ts";
import { toError } from "../errors.ts";
import { readSafetensors } from "../tensor/safetensors.ts";
import { float32, type Tensor } from "../tensor/session.ts";
import type { Manifest } from "../wire/manifest.ts";
import type { Decoder } from "./decoder.ts";

/** Least IoU of each mask: devices differ in the last bits, a broken kernel gives another mask. */
export const GOLDEN_IOU = 0.99;

/** Largest difference of a predicted IoU. */
const GOLDEN_SCORE = 0.02;

export interface GoldenResult {
  readonly ok: boolean;
  /** Smallest over the masks. */
  readonly iou: number;
  /** Time of the decode, preparation and warm-ups excluded. */
  readonly ms: number;
  readonly reason?: string;
}

/** Stored bytes → the `image` tensor: (value − mean) / std, the one grey channel three times. */
export function imageOf({ data }: Tensor, { input: { mean, std } }: Manifest): Float32Array {
  const image = new Float32Array(3 * data.length);
  for (let c = 0; c < 3; c++) {
    for (let i = 0; i < data.length; i++) image[c * data.length + i] = (Number(data[i]) - mean[c]) / std[c];
  }
  return image;
}

function iouAt(got: Float32Array, expected: Float32Array, from: number, to: number, threshold: number): number {
  let both = 0;
  let either = 0;
  for (let i = from; i < to; i++) {
    const [a, b] = [got[i] > threshold, expected[i] > threshold];
    if (a && b) both++;
    if (a || b) either++;
  }
  return either === 0 ? 1 : both / either;
}

async function compare(
  decoder: Decoder,
  bytes: Uint8Array,
  manifest: Manifest,
  warmUps: number,
): Promise<GoldenResult> {
  const { tensors } = readSafetensors(bytes);
  const { image, point_coords, point_labels, low_res_masks, iou_predictions } = tensors;
  const embedding = Object.entries(tensors).filter(([name]) => name.startsWith("image_"));
  const values = embedding.map(([name, tensor]) => [name, float32(asFloat32(tensor), tensor.dims)]);
  const prepared = await decoder.prepare({
    embedding: Object.fromEntries(values),
    image: image && imageOf(image, manifest),
  });
  const { size, threshold } = manifest.logits;
  const prompt = {
    pointCoords: asFloat32(point_coords),
    pointLabels: asFloat32(point_labels),
    maskInput: new Float32Array(size * size),
    hasMaskInput: false,
  };
  for (let n = 0; n < warmUps; n++) await decoder.run(prepared, prompt);
  const started = Date.now();
  const raw = await decoder.run(prepared, prompt);
  const ms = Date.now() - started;
  const [logits, scores] = [asFloat32(low_res_masks), asFloat32(iou_predictions)];
  if (logits.length !== raw.logits.length)
    return { ok: false, iou: 0, ms, reason: `Expected ${logits.length} logits, got ${raw.logits.length}.` };
  const each = [...scores.keys()].map((m) =>
    iouAt(raw.logits, logits, m * size * size, (m + 1) * size * size, threshold),
  );
  const iou = Math.min(...each);
  const off = Math.max(...scores.map((score, m) => Math.abs(score - raw.ious[m])));
  if (iou < GOLDEN_IOU) return { ok: false, iou, ms, reason: `The masks agree only to IoU ${iou.toFixed(3)}.` };
  if (off > GOLDEN_SCORE) return { ok: false, iou, ms, reason: `The predicted IoU is ${off.toFixed(3)} off.` };
  return { ok: true, iou, ms };
}

/**
 * Decodes `golden.safetensors` (image U8 `[S, S]`, the encoder's tensors, point_coords, point_labels, low_res_masks
 * `[1, M, L, L]`, iou_predictions) and compares. `warmUps` decodes before that one compile shaders and warm the kernels,
 * so that its time can be compared. Never throws: a backend that fails is an answer, with its reason.
 */
export async function checkGolden(
  decoder: Decoder,
  golden: Uint8Array,
  manifest: Manifest,
  { warmUps = 0 } = {},
): Promise<GoldenResult> {
  try {
    return await compare(decoder, golden, manifest, warmUps);
  } catch (thrown) {
    return { ok: false, iou: 0, ms: 0, reason: toError(thrown).message };
  }
}
