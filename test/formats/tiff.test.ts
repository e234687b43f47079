import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../core/errors.ts";
import { readImage } from "../../formats/index.ts";
import { codeOf } from "./support.ts";

interface Golden {
  type: string;
  shape: number[];
  file: string;
  values: string;
}

const goldens: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("./golden/tiff.json", import.meta.url), "utf8"),
);
const decoded = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const cases = Object.entries(goldens).map(([name, golden]) => ({ name, golden }));
const ARRAYS = { uint8: Uint8Array, uint16: Uint16Array, float32: Float32Array } as const;

/** A little-endian TIFF of one strip of bytes; entries are [tag, type, value]. */
function tiff(entries: readonly (readonly [number, number, number])[], pixels: Uint8Array, next = 0): Uint8Array {
  const bytes = new Uint8Array(14 + 12 * entries.length + pixels.length);
  const view = new DataView(bytes.buffer);
  bytes.set([0x49, 0x49, 42, 0, 8, 0, 0, 0]);
  view.setUint16(8, entries.length, true);
  for (const [n, [tag, type, value]] of entries.entries()) {
    const at = 10 + 12 * n;
    view.setUint16(at, tag, true);
    view.setUint16(at + 2, type, true);
    view.setUint32(at + 4, 1, true);
    view.setUint32(at + 8, value, true);
  }
  view.setUint32(10 + 12 * entries.length, next, true);
  bytes.set(pixels, 14 + 12 * entries.length);
  return bytes;
}

/** Float16 by hand: sign, five bits of exponent, ten of mantissa. */
const HALVES = [0x3c00, 0xc000, 0x3555, 0x0000, 0x7bff, 0x0001] as const;
const MEANT = [1, -2, 1365 / 4096, 0, 65504, 2 ** -24];

test("floating-point samples of 16 bits become float32", async () => {
  const pixels = new Uint8Array(Uint16Array.from(HALVES).buffer);
  const entries = [
    [256, 3, 3],
    [257, 3, 2],
    [258, 3, 16],
    [259, 3, 1],
    [262, 3, 1],
    [273, 4, 14 + 12 * 9],
    [278, 3, 2],
    [279, 4, 12],
    [339, 3, 3],
  ] as const;
  const volume = await readImage([{ bytes: tiff(entries, pixels) }]);
  expect(volume.data).toBeInstanceOf(Float32Array);
  expect([...volume.data]).toEqual(MEANT);
});

const picture = (
  width: number,
  height: number,
  more: readonly (readonly [number, number, number])[] = [],
  next = 0,
) => {
  const fixed = [
    [256, 3, width],
    [257, 3, height],
    [258, 3, 8],
    [259, 3, 1],
    [262, 3, 1],
    [277, 3, 1],
    [279, 4, width * height],
  ] as const;
  const at = 14 + 12 * (fixed.length + 1 + more.length);
  const pixels = Uint8Array.from({ length: Math.min(width * height, 1000) }, (_, i) => i);
  return tiff([...fixed, [273, 4, at] as const, ...more], pixels, next);
};

describe("TIFF (B-14, D-9)", () => {
  test.each(cases)("$name reads as tifffile does", async ({ golden }) => {
    const volume = await readImage([{ bytes: decoded(golden.file) }]);
    const values = new ARRAYS[golden.type as keyof typeof ARRAYS](decoded(golden.values).buffer);
    expect(volume.data).toEqual(values);
    expect(volume.size).toEqual([golden.shape[2], golden.shape[1], golden.shape[0]]);
  });

  test.each(cases)("$name cut anywhere ends in an error or in the right number of values", async ({ golden }) => {
    const bytes = decoded(golden.file);
    const step = Math.max(1, Math.floor(bytes.length / 40));
    for (let length = 0; length < bytes.length; length += step) {
      const result = await readImage([{ bytes: bytes.slice(0, length) }]).catch((thrown: unknown) => thrown);
      if (isSegmenterError(result)) continue;
      const { size, channels, data } = result as Awaited<ReturnType<typeof readImage>>;
      expect(data.length).toBe(size[0] * size[1] * size[2] * channels);
    }
  });

  test.each([
    [1, [4, 3], [0, 1]],
    [2, [4, 3], [3, 2]],
    [3, [4, 3], [11, 10]],
    [4, [4, 3], [8, 9]],
    [5, [3, 4], [0, 4]],
    [6, [3, 4], [8, 4]],
    [7, [3, 4], [11, 7]],
    [8, [3, 4], [3, 7]],
  ])("orientation %i is applied once", async (orientation, size, first) => {
    const volume = await readImage([{ bytes: picture(4, 3, [[274, 3, orientation]]) }]);
    expect(volume.size).toEqual([...size, 1]);
    expect([...volume.data.slice(0, 2)]).toEqual(first);
    expect(volume.warnings.length).toBe(orientation === 1 ? 0 : 1);
  });

  test("directories that run in a circle are refused", async () => {
    expect(await codeOf(readImage([{ bytes: picture(4, 3, [], 8) }]))).toBe("MalformedFile");
  });

  test("a picture of 4 gigapixels is refused before it is allocated", async () => {
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(readImage([{ bytes: picture(65535, 65535) }]))).toBe("TooLarge");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  });
});
