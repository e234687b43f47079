/** Left and right: names are read without their side, and the slice's geometry says where that side is. */

import type { Mat4 } from "../image/volume.ts";
import { connectedComponents } from "../mask/components.ts";
import { DRAWN_LOGIT } from "../prompt/prompt-logits.ts";
import { fromModel } from "../prompt/space.ts";
import type { Transform } from "../wire/embedding.ts";
import type { PlaneInfo } from "../wire/image.ts";
import type { Line } from "../wire/prompt.ts";
import type { Side } from "../wire/text.ts";
import { logitsSide } from "./logits.ts";

/** A stack of slices and how it lies in the patient. */
export type Stack = Readonly<Pick<PlaneInfo, "width" | "height" | "count">> & { readonly xyToLps: Mat4 };

/** A part of a mask with less than this share on one side of the line belongs to the other one. */
const CROSSES = 0.1;

/**
 * Where one side of the patient is on slice `k`, with the middle of the volume taken for the middle of the patient: positive
 * there, in millimetres. An image without geometry is taken as displayed in radiology, the patient's left on the right.
 * `undefined` where the slice lies in the middle and could be either.
 */
export function lineTo(side: Side, { width, height, count, xyToLps }: Stack, k: number): Line | undefined {
  const sign = side === "left" ? 1 : -1;
  const [x = 0, y = 0, z = 0] = xyToLps.slice(0, 3).map((step) => sign * step);
  const fromMiddle = z * (k - (count - 1) / 2);
  const reach = Math.abs(x * width) + Math.abs(y * height) + Math.abs(fromMiddle);
  if (reach <= Math.hypot(x, y, z) / 2) return undefined;
  return [x, y, fromMiddle - (x * (width - 1) + y * (height - 1)) / 2];
}

interface Placed {
  readonly transform: Transform;
  /** Logits above it are inside. */
  readonly threshold: number;
}

/**
 * Logits `[L, L]` without what lies on the wrong side of a line. A part of the mask that reaches only a little across stays or
 * goes as a whole, since a patient seldom lies exactly in the middle; one that lies on both sides is cut.
 */
export function logitsBeyond([a, b, c]: Line, logits: Float32Array, { transform, threshold }: Placed): Float32Array {
  const side = logitsSide(logits);
  const pitch = transform.inputSize / side;
  const beyond = Uint8Array.from(logits, (_, i) => {
    const model = [((i % side) + 0.5) * pitch - 0.5, (Math.floor(i / side) + 0.5) * pitch - 0.5] as const;
    const [x, y] = fromModel(model, transform);
    return a * x + b * y + c > 0 ? 1 : 0;
  });
  const data = Uint8Array.from(logits, (logit) => (logit > threshold ? 1 : 0));
  const { labels, areas } = connectedComponents({ width: side, height: side, data }, 8);
  const inside = new Float64Array(areas.length);
  labels.forEach((label, i) => {
    inside[label] += beyond[i];
  });
  return logits.map((logit, i) => {
    const label = labels[i];
    const share = label === 0 ? beyond[i] : inside[label] / areas[label];
    const kept = share <= CROSSES ? false : share >= 1 - CROSSES || beyond[i] === 1;
    return kept ? logit : Math.min(logit, threshold - DRAWN_LOGIT);
  });
}
