/** Pictures of masks for people to look at. */

import type { Slice, Window } from "../../core/image/volume.ts";
import { windowToBytes } from "../../core/image/window.ts";
import type { Mask } from "../../core/mask/mask.ts";
import { writePng } from "../../formats/index.ts";

/** PNG of the slice with the truth's outline in green and the answer's, above it, in red. */
export function overlay(slice: Slice, window: Window, { truth, answer }: { truth: Mask; answer: Mask }): Uint8Array {
  const grey = windowToBytes(slice, window);
  const data = Uint8Array.from({ length: grey.length * 3 }, (_, n) => grey[Math.floor(n / 3)]);
  const draw = ({ width, data: inside }: Mask, colour: readonly [number, number, number]) => {
    for (let n = 0; n < inside.length; n++) {
      const edge = inside[n] && [n - 1, n + 1, n - width, n + width].some((beside) => !inside[beside]);
      if (edge) data.set(colour, n * 3);
    }
  };
  draw(truth, [60, 255, 60]);
  draw(answer, [255, 60, 60]);
  return writePng({ width: slice.width, height: slice.height, data, channels: 3 });
}
