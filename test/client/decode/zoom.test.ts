import { describe, expect, test } from "vitest";
import { zooming } from "../../../client/decode/zoom.ts";
import type { Embedding, SegmentMask } from "../../../client/index.ts";
import type { SegmentOptions } from "../../../client/types.ts";
import { SegmenterError } from "../../../core/errors.ts";
import type { Crop, Prompt } from "../../../core/wire/index.ts";

const WIDTH = 200;
const ALL: Crop = { x0: 0, y0: 0, x1: WIDTH, y1: WIDTH };

const embedding = (crop: Crop): Embedding => ({
  id: `sha256:${Object.values(crop).join("-")}`,
  imageId: "sha256:image",
  plane: "axial",
  slice: 3,
  window: null,
  model: "m",
  width: WIDTH,
  height: WIDTH,
  transform: { crop, scaleX: 1, scaleY: 1, width: WIDTH, height: WIDTH, inputSize: WIDTH },
});

/** A decoder that marks a square of `size` pixels around the first click. */
function stage(size: number) {
  const asked: { on: Embedding; options: SegmentOptions }[] = [];
  let refuse: Error | undefined;
  const segment = zooming({
    embed: async ({ crop }) => {
      if (refuse) throw refuse;
      return embedding(crop ?? ALL);
    },
    decode: async (on, [first], options) => {
      asked.push({ on, options });
      const data = new Uint8Array(WIDTH * WIDTH);
      if (first?.kind === "point")
        for (let y = first.y; y < first.y + size; y++) data.fill(1, y * WIDTH + first.x, y * WIDTH + first.x + size);
      const scores = { predictedIou: 1, stabilityScore: 1, lowResLogits: new Float32Array(0) };
      return [{ width: WIDTH, height: WIDTH, data, ...scores, backend: "wasm", on } satisfies SegmentMask];
    },
  });
  return { asked, segment, refuseWith: (error: Error) => (refuse = error) };
}

const click = (x: number, y: number): Prompt => ({ kind: "point", x, y, label: "foreground" });
const PAIR = [click(100, 100), click(104, 104)];
const whole = embedding(ALL);

describe("a closer look", () => {
  test("is taken at a small object, and the answer says so", async () => {
    const { segment, asked } = stage(10);
    const [mask] = await segment(whole, PAIR, {});
    expect(asked).toHaveLength(2);
    expect(mask.on.transform.crop).toEqual({ x0: 92, y0: 92, x1: 117, y1: 117 });
  });

  test.each([
    { name: "a large object", size: 120, on: whole, options: {} },
    { name: "a caller who wants none", size: 10, on: whole, options: { zoom: "never" as const } },
    { name: "a crop", size: 10, on: embedding({ x0: 50, y0: 50, x1: 150, y1: 150 }), options: {} },
  ])("is not taken for $name", async ({ size, on, options }) => {
    const { segment, asked } = stage(size);
    const [mask] = await segment(on, [click(60, 60), click(64, 64)], options);
    expect(asked).toHaveLength(1);
    expect(mask.on).toBe(on);
  });

  test("is not taken after one click alone", async () => {
    const { segment, asked } = stage(10);
    await segment(whole, [click(100, 100)], {});
    expect(asked).toHaveLength(1);
  });

  test("goes on with the next click inside, from its own logits", async () => {
    const { segment, asked } = stage(10);
    const [previous] = await segment(whole, PAIR, {});
    await segment(whole, [...PAIR, click(110, 104)], { previous });
    expect(asked).toHaveLength(3);
    expect(asked[2]!.on).toBe(previous.on);
    expect(asked[2]!.options.previous).toBe(previous);
  });

  test("ends with a click outside, and its logits do not come along", async () => {
    const { segment, asked } = stage(10);
    const [previous] = await segment(whole, PAIR, {});
    const [mask] = await segment(whole, [...PAIR, click(10, 10)], { previous });
    expect(mask.on).toBe(whole);
    expect(asked.at(-1)!.options.previous).toBeUndefined();
  });

  test("that fails leaves the first answer; one that is aborted says so", async () => {
    const { segment, refuseWith } = stage(10);
    refuseWith(new SegmenterError("ServerUnreachable", { reason: "gone" } as never));
    expect((await segment(whole, PAIR, {}))[0].on).toBe(whole);
    await expect(segment(whole, PAIR, { signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  });
});
