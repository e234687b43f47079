/** Letters at the edges of a slice: which way the patient lies. */
import { axisOf } from "../../../../core/image/geometry.ts";
import type { PlaneInfo } from "../../../../core/wire/index.ts";

export interface EdgeLetters {
  readonly left: string;
  readonly right: string;
  readonly top: string;
  readonly bottom: string;
}

const POSITIVE = ["L", "P", "H"];
const NEGATIVE = ["R", "A", "F"];

/** Letters of the patient direction nearest to each edge (LPS); `undefined` without geometry. */
export function edgeLetters({ xyToLps, spacingMm }: PlaneInfo): EdgeLetters | undefined {
  if (!spacingMm) return undefined;
  const x = axisOf(xyToLps, 0);
  const y = axisOf(xyToLps, 1);
  return { left: letter(x, -1), right: letter(x, 1), top: letter(y, -1), bottom: letter(y, 1) };
}

function letter(direction: readonly number[], sign: 1 | -1): string {
  const lengths = direction.map(Math.abs);
  const axis = lengths.indexOf(Math.max(...lengths));
  return direction[axis] * sign > 0 ? POSITIVE[axis] : NEGATIVE[axis];
}
