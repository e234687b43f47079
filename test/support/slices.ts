import type { Slice } from "../../core/image/volume.ts";
import type { InputSpec } from "../../core/wire/manifest.ts";

/** A grey slice of 8-bit values without geometry. */
export function greySlice(
  width: number,
  height: number,
  value: (x: number, y: number) => number,
  more: Partial<Slice> = {},
): Slice {
  return {
    width,
    height,
    channels: 1,
    data: Uint8Array.from({ length: width * height }, (_, i) => value(i % width, Math.floor(i / width))),
    rescale: { slope: 1, intercept: 0 },
    inverted: false,
    spacingMm: undefined,
    xyToLps: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    ...more,
  };
}

/** Bit equality; `toEqual` walks big arrays element by element. */
export function sameBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  const bytes = (view: ArrayBufferView) => Buffer.from(view.buffer, view.byteOffset, view.byteLength);
  return bytes(a).equals(bytes(b));
}

/** 0…255 → 0…1, longest side to `size`, zeros right and below. */
export const inputSpec = (size: number): InputSpec => ({
  size,
  mean: [0, 0, 0],
  std: [255, 255, 255],
  resize: "longest-side",
  pad: "bottom-right",
});

/** What a call throws; undefined when it returns. */
export function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return undefined;
}
