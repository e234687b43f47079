import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cropAround, cropHolds } from "../../../core/model/zoom.ts";
import type { Prompt } from "../../../core/wire/index.ts";

const rectangle = (width: number, height: number, x0: number, y0: number, x1: number, y1: number) => ({
  width,
  height,
  bounds: { x0, y0, x1, y1 },
});
const click = (x: number, y: number): Prompt => ({ kind: "point", x, y, label: "foreground" });

describe("cropAround", () => {
  test("is a square of two and a half objects around a small one", () => {
    const crop = cropAround(rectangle(512, 512, 200, 240, 239, 259), [click(210, 250), click(230, 250)]);
    expect(crop).toEqual({ x0: 170, y0: 200, x1: 270, y1: 300 });
  });

  test("is never smaller than an eighth of the slice", () => {
    const crop = cropAround(rectangle(512, 512, 250, 250, 253, 253), [click(251, 251), click(252, 252)]);
    expect(crop && crop.x1 - crop.x0).toBe(64);
  });

  test.each([
    { name: "one click", mask: rectangle(512, 512, 250, 250, 260, 260), prompts: [click(255, 255)] },
    {
      name: "a large object",
      mask: rectangle(512, 512, 100, 100, 300, 200),
      prompts: [click(150, 150), click(250, 150)],
    },
    {
      name: "a name alone",
      mask: rectangle(512, 512, 250, 250, 260, 260),
      prompts: [{ kind: "text", text: "liver" }] as Prompt[],
    },
    {
      name: "a click far from a small mask",
      mask: rectangle(512, 512, 250, 250, 260, 260),
      prompts: [click(255, 255), click(20, 20)],
    },
  ])("leaves $name alone", ({ mask, prompts }) => expect(cropAround(mask, prompts)).toBeUndefined());

  test("lies in the slice and holds the mask and the prompts, wherever they are", () => {
    const side = fc.integer({ min: 40, max: 300 });
    fc.assert(
      fc.property(side, side, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 9 }), (width, height, a, b, size) => {
        const [x, y] = [a % (width - size), b % (height - size)];
        const mask = rectangle(width, height, x, y, x + size - 1, y + size - 1);
        const crop = cropAround(mask, [click(x, y), click(x, y)]);
        if (!crop) return;
        expect(crop.x1 - crop.x0).toBe(crop.y1 - crop.y0);
        expect(Math.min(crop.x0, crop.y0)).toBeGreaterThanOrEqual(0);
        expect(crop.x1 <= width && crop.y1 <= height).toBe(true);
        expect(cropHolds(crop, [click(x, y)])).toBe(true);
        const { bounds } = mask;
        expect(cropHolds(crop, [click(bounds.x0, bounds.y0), click(bounds.x1, bounds.y1)])).toBe(true);
      }),
    );
  });
});
