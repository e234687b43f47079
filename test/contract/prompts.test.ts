import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../core/errors.ts";
import { transformOf } from "../../core/model/preprocess.ts";
import { MAX_SCRIBBLE_POINTS, promptFeeds } from "../../core/prompt/sam.ts";
import { Prompt } from "../../core/wire/prompt.ts";
import { inputSpec } from "../support/slices.ts";

const size = { width: 90, height: 70, spacingMm: undefined };
const transform = transformOf(size, inputSpec(512));

/** What becomes of one prompt as it stands in a request body. */
function fate(json: string): "refused by schema" | "refused by the slice" | "accepted" {
  const parsed = Prompt.safeParse(JSON.parse(json));
  if (!parsed.success) return "refused by schema";
  try {
    const feeds = promptFeeds([parsed.data], transform, { size, logitsSize: 256 });
    expect(
      [feeds.pointCoords, feeds.pointLabels, feeds.maskInput].every((values) => values.every(Number.isFinite)),
    ).toBe(true);
    expect(feeds.pointLabels.length).toBeLessThanOrEqual(MAX_SCRIBBLE_POINTS + 1);
    return "accepted";
  } catch (error) {
    expect(isSegmenterError(error, "InvalidPrompt") || isSegmenterError(error, "InvalidRequest")).toBe(true);
    return "refused by the slice";
  }
}

const vertices = (n: number) => JSON.stringify(Array.from({ length: n }, () => [1, 1]));
const nested = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;

describe("B-15: hostile prompts", () => {
  test.each([
    ["null coordinates", '{"kind":"point","x":null,"y":1,"label":"foreground"}'],
    ["a coordinate that overflows", '{"kind":"point","x":1e999,"y":1,"label":"foreground"}'],
    ["a coordinate as text", '{"kind":"point","x":"1","y":1,"label":"foreground"}'],
    ["SAM's number for a label", '{"kind":"point","x":1,"y":1,"label":1}'],
    ["an unknown label", '{"kind":"point","x":1,"y":1,"label":"7"}'],
    ["an unknown kind", '{"kind":"circle","x":1,"y":1}'],
    ["an own __proto__", '{"kind":"point","x":1,"y":1,"label":"foreground","__proto__":{"admin":true}}'],
    ["a constructor", '{"kind":"point","x":1,"y":1,"label":"foreground","constructor":{}}'],
    ["a million vertices", `{"kind":"scribble","label":"foreground","points":${vertices(1_000_000)}}`],
    ["deep nesting", `{"kind":"lasso","label":"foreground","points":${nested}}`],
    ["no vertices", '{"kind":"scribble","label":"foreground","points":[]}'],
    ["a lasso of two", '{"kind":"lasso","label":"foreground","points":[[1,1],[2,2]]}'],
    ["a million characters", JSON.stringify({ kind: "text", text: "a".repeat(1_000_000) })],
    ["an empty text", '{"kind":"text","text":""}'],
    ["negative runs", '{"kind":"mask","rle":{"size":[70,90],"counts":[-1,6301]}}'],
    ["an array", "[]"],
    ["null", "null"],
  ])("%s never reach the tensors", (_, json) => {
    expect(fate(json)).toBe("refused by schema");
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each([
    ["a negative place", '{"kind":"point","x":-3,"y":1,"label":"foreground"}'],
    ["a place beyond", '{"kind":"point","x":90,"y":1,"label":"foreground"}'],
    ["an inverted box", '{"kind":"box","x0":9,"y0":9,"x1":2,"y1":20}'],
    ["a box outside", '{"kind":"box","x0":9,"y0":9,"x1":200,"y1":20}'],
    ["runs that do not add up", '{"kind":"mask","rle":{"size":[70,90],"counts":[1,2]}}'],
    ["a mask of another slice", '{"kind":"mask","rle":{"size":[1,4],"counts":[0,4]}}'],
  ])("%s is refused by the slice, not clamped", (_, json) => {
    expect(fate(json)).toBe("refused by the slice");
  });

  test.each([
    ["a box one pixel wide", '{"kind":"box","x0":9,"y0":9,"x1":9,"y1":20}'],
    ["minus zero", '{"kind":"point","x":-0,"y":-0.0,"label":"background"}'],
    ["duplicate keys: the last counts", '{"kind":"point","x":900,"x":1,"y":1,"label":"foreground"}'],
    ["four-byte characters", '{"kind":"text","text":"𝔩iver 🫁"}'],
    ["8192 equal vertices", `{"kind":"scribble","label":"foreground","points":${vertices(8192)}}`],
  ])("%s is accepted", (_, json) => {
    expect(fate(json)).toBe("accepted");
  });

  test("any prompt is refused or becomes finite tensors, never anything else", () => {
    const number = fc.oneof(fc.integer({ min: -5, max: 100 }), fc.double(), fc.constant(null));
    const label = fc.constantFrom("foreground", "background", "other");
    const points = fc.array(fc.tuple(number, number), { maxLength: 12 });
    const prompt = fc.oneof(
      fc.record({ kind: fc.constant("point"), x: number, y: number, label }),
      fc.record({ kind: fc.constant("box"), x0: number, y0: number, x1: number, y1: number }),
      fc.record({ kind: fc.constantFrom("scribble", "lasso"), points, label }),
      fc.record({ kind: fc.constant("mask"), rle: fc.record({ size: points, counts: fc.array(number) }) }),
      fc.record({ kind: fc.constant("text"), text: fc.string({ unit: "binary" }) }),
    );
    fc.assert(
      fc.property(prompt, (value) => void fate(JSON.stringify(value))),
      { numRuns: 500 },
    );
  });
});
