import { describe, expect, test } from "vitest";
import { type Grey, greyOf, seedsOf } from "../../bench/accuracy/grey.ts";
import { randomWalker } from "../../bench/accuracy/random-walker.ts";
import { growRegions } from "../../bench/accuracy/region-growing.ts";
import { IDENTITY } from "../../core/image/geometry.ts";
import { type Mask, maskDice } from "../../core/mask/mask.ts";
import { disc, drawMask } from "./masks.ts";

/** Bright where the mask is, dark elsewhere. */
const picture = ({ width, height, data }: Mask, bright = 180, dark = 60): Grey => ({
  width,
  height,
  data: Float32Array.from(data, (value) => (value ? bright : dark)),
});

const at = (x: number, y: number) => [{ x, y }];

describe("growRegions", () => {
  const truth = disc(64, 30, 34, 15);

  test("fills a flat disc exactly from one click", () => {
    expect(growRegions(picture(truth), { foreground: at(30, 34), background: [] })).toEqual(truth);
  });

  test("takes away what a background click reaches, but never the pixel of a foreground click", () => {
    const left = drawMask(40, 20, (x) => x < 20);
    const seeds = {
      foreground: [
        { x: 5, y: 5 },
        { x: 30, y: 9 },
      ],
      background: at(35, 5),
    };
    const expected = drawMask(40, 20, (x, y) => x < 20 || (x === 30 && y === 9));
    expect(growRegions(picture(left), seeds)).toEqual(expected);
  });

  test("stays on its side of an edge", () => {
    const two = drawMask(40, 20, (x) => x < 20);
    expect(growRegions(picture(two), { foreground: at(5, 5), background: at(35, 5) })).toEqual(two);
  });
});

describe("randomWalker", () => {
  test("separates two half planes along the edge", () => {
    const left = drawMask(100, 60, (x) => x < 41);
    const answer = randomWalker(picture(left), { foreground: at(10, 30), background: at(80, 10) });
    expect(answer).toEqual(left);
  });

  test("gives each of two seeds on a flat picture its half", () => {
    const flat = picture(drawMask(60, 60, () => true));
    const half = drawMask(60, 60, (x) => x < 30);
    const answer = randomWalker(flat, { foreground: at(9, 30), background: at(50, 30) });
    expect(maskDice(answer, half)).toBeGreaterThan(0.95);
  });

  test("finds a disc from one click, on a picture larger than its grid", () => {
    const truth = disc(300, 140, 160, 60);
    const answer = randomWalker(picture(truth), { foreground: at(140, 160), background: [] });
    expect(maskDice(answer, truth)).toBeGreaterThan(0.97);
  });
});

describe("what baselines see", () => {
  const rest = { rescale: { slope: 1, intercept: 0 }, inverted: false, spacingMm: undefined, xyToLps: IDENTITY };

  test("grey through its window, colour as the mean of its channels", () => {
    const grey = { ...rest, width: 2, height: 1, channels: 1 as const, data: Uint8Array.of(0, 200) };
    expect([...greyOf(grey, { center: 128, width: 256 }).data]).toEqual([0, 200]);
    const colour = { ...rest, width: 1, height: 1, channels: 3 as const, data: Uint8Array.of(30, 60, 90) };
    expect([...greyOf(colour, null).data]).toEqual([60]);
  });

  test("clicks and strokes by their label; a box says nothing", () => {
    const seeds = seedsOf([
      { kind: "point", x: 1, y: 2, label: "foreground" },
      { kind: "scribble", points: [[3, 4]], label: "background" },
      { kind: "box", x0: 0, y0: 0, x1: 5, y1: 5 },
    ]);
    expect(seeds.foreground).toMatchObject([{ x: 1, y: 2 }]);
    expect(seeds.background).toEqual([{ x: 3, y: 4 }]);
  });
});
