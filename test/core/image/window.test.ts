import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IDENTITY } from "../../../core/image/geometry.ts";
import type { Slice, Volume } from "../../../core/image/volume.ts";
import {
  applyWindow,
  autoWindow,
  defaultWindow,
  shownColour,
  WINDOW_PRESETS,
  windowsOf,
  windowToBytes,
} from "../../../core/image/window.ts";

const PLAIN = { slope: 1, intercept: 0 };

/** PS3.3 C.11.2.1.2.1 as it is printed, with output range 0…255. */
function linear(x: number, c: number, w: number): number {
  if (x <= c - 0.5 - (w - 1) / 2) return 0;
  if (x > c - 0.5 + (w - 1) / 2) return 255;
  return ((x - (c - 0.5)) / (w - 1) + 0.5) * 255;
}

const window = fc.record({
  center: fc.integer({ min: -1000, max: 1000 }),
  width: fc.integer({ min: 1, max: 4000 }),
});
const values = fc.array(fc.integer({ min: -2000, max: 4000 }), { minLength: 1, maxLength: 40 });

function volume(more: Partial<Volume>): Volume {
  return {
    size: [10, 10, 1],
    channels: 1,
    data: Int16Array.from({ length: 100 }, (_, n) => n * 10),
    rescale: PLAIN,
    ijkToLps: IDENTITY,
    unit: "mm",
    modality: "MR",
    inverted: false,
    windows: [],
    warnings: [],
    ...more,
  };
}

describe("applyWindow", () => {
  test("is the DICOM LINEAR formula", () => {
    fc.assert(
      fc.property(values, window, (stored, w) => {
        applyWindow(stored, w, { slope: 2, intercept: -1024 }).forEach((grey, n) => {
          expect(grey).toBeCloseTo(linear((stored[n] ?? 0) * 2 - 1024, w.center, w.width), 3);
        });
      }),
    );
  });

  test("never makes a higher value darker, nor, inverted, brighter", () => {
    fc.assert(
      fc.property(values, window, fc.boolean(), (stored, w, inverted) => {
        const sorted = stored.toSorted((a, b) => a - b);
        const grey = applyWindow(sorted, w, { ...PLAIN, inverted });
        grey.forEach((g, n) => {
          const step = g - (grey[n - 1] ?? g);
          expect(inverted ? -step : step).toBeGreaterThanOrEqual(0);
          expect(g).toBeGreaterThanOrEqual(0);
          expect(g).toBeLessThanOrEqual(255);
        });
      }),
    );
  });

  test("shows the ends of the CT soft tissue window as pure black and white", () => {
    expect([...applyWindow([-161, -160, 239, 240], { center: 40, width: 400 }, PLAIN)]).toEqual([0, 0, 255, 255]);
  });

  test("inversion mirrors the grey of everything but NaN", () => {
    const inverted = applyWindow([-1e9, 0, 1e9, Number.NaN], { center: 0.5, width: 101 }, { ...PLAIN, inverted: true });
    expect([...inverted]).toEqual([255, 127.5, 0, 0]);
  });

  test("reads infinities as the ends and NaN as black", () => {
    const stored = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NaN];
    expect([...applyWindow(stored, { center: 50, width: 100 }, PLAIN)]).toEqual([0, 255, 0]);
  });

  test("a window of width 1 is a threshold; below 1 it is LINEAR_EXACT", () => {
    expect([...applyWindow([3, 4], { center: 4, width: 1 }, PLAIN)]).toEqual([0, 255]);
    expect([...applyWindow([0, 0.25, 0.5], { center: 0.25, width: 0.5 }, PLAIN)]).toEqual([0, 127.5, 255]);
  });

  test("refuses a width that is not positive", () => {
    expect(() => applyWindow([1], { center: 0, width: 0 }, PLAIN)).toThrow("must be positive, got 0");
  });

  test("writes into `out` when given one", () => {
    const out = new Float32Array(2);
    expect(applyWindow([0, 99], { center: 50, width: 100 }, PLAIN, out)).toBe(out);
    expect([...out]).toEqual([0, 255]);
  });
});

describe("windowToBytes", () => {
  const slice: Slice = {
    width: 2,
    height: 1,
    channels: 1,
    data: Int16Array.of(0, 50),
    rescale: PLAIN,
    inverted: false,
    spacingMm: undefined,
    xyToLps: IDENTITY,
  };

  test("rounds the same greys to bytes", () => {
    expect([...windowToBytes(slice, { center: 50, width: 100 })]).toEqual([0, 129]);
    expect([...windowToBytes({ ...slice, inverted: true }, { center: 50, width: 100 })]).toEqual([255, 126]);
  });

  test("refuses colour", () => {
    expect(() => windowToBytes({ ...slice, channels: 3 }, { center: 50, width: 100 })).toThrow("got 3");
  });
});

describe("autoWindow (B-10)", () => {
  test("makes its quantiles exactly black and white", () => {
    const stored = Float32Array.from({ length: 101 }, (_, n) => n / 100);
    const w = autoWindow(stored, PLAIN);
    const [below, low, high, above] = applyWindow([0, 0.01, 0.99, 1], w, PLAIN);
    expect(below).toBe(0);
    expect(low).toBeCloseTo(0, 3);
    expect(high).toBeCloseTo(255, 3);
    expect(above).toBeCloseTo(255, 3);
  });

  test("leaves NaN and infinities out, and gives a constant picture a valid window", () => {
    expect(autoWindow([Number.NaN, Number.POSITIVE_INFINITY, 7, 7], PLAIN)).toEqual({ center: 7.5, width: 1 });
    expect(autoWindow([], PLAIN).width).toBe(1);
  });

  test("samples a large array evenly", () => {
    const stored = Uint16Array.from({ length: 1 << 20 }, (_, n) => n >> 8);
    const { center, width } = autoWindow(stored, PLAIN, 0, 1);
    expect(center).toBeCloseTo(2048, 0);
    expect(width).toBeCloseTo(4096, 0);
  });
});

describe("windows on offer", () => {
  test("begin with the file's own", () => {
    const own = { name: "file", center: 10, width: 20 };
    expect(defaultWindow(volume({ modality: "CT", windows: [own] }))).toEqual(own);
    expect(windowsOf(volume({ windows: [own] })).map(({ name }) => name)).toEqual(["file", "auto 1-99 %"]);
  });

  test("for CT are the presets, soft tissue first, none twice", () => {
    const ct = volume({ modality: "CT", windows: [{ name: "WINDOW1", center: 40, width: 80 }] });
    expect(defaultWindow(volume({ modality: "CT" }))).toEqual({ name: "soft tissue", center: 40, width: 400 });
    const pairs = windowsOf(ct).map(({ center, width }) => `${center}/${width}`);
    expect(new Set(pairs).size).toBe(pairs.length);
    expect(windowsOf(ct)).toHaveLength(WINDOW_PRESETS.length + 1);
  });

  test("for bytes that were made to be looked at leave them as they are", () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
    const chosen = defaultWindow(volume({ data: bytes }));
    expect(chosen.name).toBe("full range");
    expect([...applyWindow(bytes, chosen, PLAIN)]).toEqual([...bytes]);
    expect(defaultWindow(volume({ data: bytes.map((value) => value >> 3) })).name).toBe("auto 0-99.9 %");
  });

  test("a dark colour picture is shown by its own range, a bright one as it is", () => {
    const dark = Uint8Array.from({ length: 300 }, (_, n) => Math.floor(n / 5));
    const shown = shownColour({ channels: 3, data: dark });
    expect([shown[0], shown[299]]).toEqual([0, 255]);
    const bright = dark.map((value) => 4 * value);
    expect(shownColour({ channels: 3, data: bright })).toBe(bright);
    const flat = new Uint8Array(300).fill(9);
    expect(shownColour({ channels: 3, data: flat })).toBe(flat);
  });

  test("for colour are as it is and stretched, the one that it is shown by in front", () => {
    const ramp = Uint8Array.from({ length: 300 }, (_, n) => Math.floor(n / 5));
    const names = (data: Uint8Array) => windowsOf(volume({ channels: 3, data })).map(({ name }) => name);
    expect(names(ramp)).toEqual(["auto 0-99.9 %", "full range"]);
    const bright = ramp.map((value) => 100 + value * 2);
    expect(names(bright)).toEqual(["full range", "auto 1-99 %"]);
    expect(names(new Uint8Array(300).fill(200))).toEqual(["full range"]);
    const [whole, stretched] = windowsOf(volume({ channels: 3, data: bright }));
    const greys = (window: typeof whole) => [...shownColour({ channels: 3, data: bright }, window)];
    expect(greys(whole)).toEqual([...bright]);
    expect([Math.min(...greys(stretched)), Math.max(...greys(stretched))]).toEqual([0, 255]);
    // The same for all channels: (v − 102) / (216 − 102), rounded.
    expect(greys(stretched)[150]).toBe(Math.round((255 * (bright[150]! - 102)) / (216 - 102)));
  });
});
