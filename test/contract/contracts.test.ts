import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isSegmenterError } from "../../core/errors.ts";
import { maskArea } from "../../core/mask/mask.ts";
import { createDecoder, type Decoder, type Prepared } from "../../core/model/decoder.ts";
import { createEncoder } from "../../core/model/encoder.ts";
import { modelInput } from "../../core/model/preprocess.ts";
import { ortSession } from "../../core/tensor/ort-session.ts";
import type { Transform } from "../../core/wire/embedding.ts";
import type { Manifest } from "../../core/wire/manifest.ts";
import type { Prompt } from "../../core/wire/prompt.ts";
import { TINY_RADIUS, type TinyKind, tinyModel } from "../support/onnx.ts";
import { greySlice, sameBytes } from "../support/slices.ts";

const WIDTH = 200;
const HEIGHT = 120;
const point = (x: number, y: number, label: "foreground" | "background" = "foreground"): Prompt => ({
  kind: "point",
  x,
  y,
  label,
});

interface Bench {
  readonly manifest: Manifest;
  readonly decoder: Decoder;
  readonly prepared: Prepared;
  readonly transform: Transform;
}

async function benchOf(kind: TinyKind): Promise<Bench> {
  const { manifest, files } = await tinyModel(kind);
  const session = (name: string) => ortSession(ort, files[name]!);
  const encoder = createEncoder({ manifest, encoder: await session("encoder.onnx") });
  const decoder = createDecoder({
    manifest,
    decoder: await session("decoder.onnx"),
    ...(files["prepare.onnx"] ? { prepare: await session("prepare.onnx") } : {}),
    ...(files["text-encoder.onnx"] ? { textEncoder: await session("text-encoder.onnx") } : {}),
  });
  const slice = greySlice(WIDTH, HEIGHT, (x, y) => (x + y) % 200);
  const { image, transform } = modelInput(slice, { window: { center: 128, width: 256 }, input: manifest.input });
  const embedding = await encoder.encode(image);
  await encoder.release();
  return { manifest, decoder, transform, prepared: await decoder.prepare({ embedding, image }) };
}

const KINDS: readonly TinyKind[] = ["promptomy", "meta", "sam", "sam2", "efficientsam"];

describe.each(KINDS)("contract of %s", (kind) => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await benchOf(kind);
  });
  afterAll(() => bench.decoder.release());

  const decode = (prompts: readonly Prompt[], more: object = {}) => {
    const { decoder, prepared, transform } = bench;
    return decoder.decode(prepared, { prompts, transform, width: WIDTH, height: HEIGHT, ...more });
  };
  const at = (mask: { data: Uint8Array }, x: number, y: number) => mask.data[y * WIDTH + x];
  const takes = (kinds: string) => bench.manifest.prompts.includes(kinds as Prompt["kind"]);

  test.each([
    [30, 30],
    [150, 80],
    [100, 60],
  ])("a click at (%i, %i) gives a disc around it", async (x, y) => {
    const { masks } = await decode([point(x, y)]);
    const [{ data }] = masks;
    const inside = [...data.keys()].filter((i) => data[i]);
    const mean = (of: (i: number) => number) => inside.reduce((sum, i) => sum + of(i), 0) / inside.length;
    expect(at(masks[0], x, y)).toBe(1);
    expect(mean((i) => i % WIDTH)).toBeCloseTo(x, -1);
    expect(mean((i) => Math.floor(i / WIDTH))).toBeCloseTo(y, -1);
  });

  test("the disc keeps its shape: the transform is undone on the way back", async () => {
    const { masks } = await decode([point(100, 60)]);
    const { data } = masks[0];
    const columns = [...data.keys()].filter((i) => data[i]).map((i) => i % WIDTH);
    const rows = [...data.keys()].filter((i) => data[i]).map((i) => Math.floor(i / WIDTH));
    const wide = Math.max(...columns) - Math.min(...columns);
    const high = Math.max(...rows) - Math.min(...rows);
    const stretched = bench.manifest.input.resize === "stretch";
    expect(wide / high).toBeCloseTo(stretched ? WIDTH / HEIGHT : 1, 0);
    expect(wide).toBeGreaterThan(TINY_RADIUS * WIDTH);
  });

  test("a background click takes its surroundings away", async () => {
    const before = await decode([point(90, 60), point(100, 60)]);
    const after = await decode([point(90, 60), point(100, 60, "background")]);
    expect(at(before.masks[0], 103, 60)).toBe(1);
    expect(at(after.masks[0], 103, 60)).toBe(0);
  });

  test("multimask gives three candidates, best predicted IoU first", async () => {
    const { masks } = await decode([point(100, 60)], { multimask: true });
    expect(masks).toHaveLength(3);
    const ious = masks.map(({ predictedIou }) => predictedIou);
    expect(ious).toEqual(ious.toSorted((a, b) => b - a));
    expect(new Set(masks.map(maskArea)).size).toBe(3);
  });

  test("a box gives its inside, or is refused by name", async () => {
    const box: Prompt = { kind: "box", x0: 40, y0: 30, x1: 90, y1: 90 };
    if (!takes("box")) {
      const refused = await decode([box]).catch((error: unknown) => error);
      expect(isSegmenterError(refused, "UnsupportedPrompt")).toBe(true);
      return;
    }
    const { masks } = await decode([box]);
    expect(at(masks[0], 60, 60)).toBe(1);
    expect(at(masks[0], 120, 60)).toBe(0);
    expect(maskArea(masks[0]) / (51 * 61)).toBeCloseTo(1, 0);
  });

  test("a scribble is a row of clicks where it is taken", async () => {
    const points = Array.from({ length: 100 }, (_, i): [number, number] => [40 + i, 60]);
    const scribble: Prompt = { kind: "scribble", label: "foreground", points };
    if (!takes("scribble")) return expect(decode([scribble])).rejects.toThrow("UnsupportedPrompt");
    const { masks } = await decode([scribble]);
    expect(points.filter(([x, y]) => at(masks[0], x, y))).toHaveLength(100);
  });

  test("the same prompt twice gives the same bits", async () => {
    const [first, second] = [await decode([point(70, 50)]), await decode([point(70, 50)])];
    expect(sameBytes(second.masks[0].lowResLogits, first.masks[0].lowResLogits)).toBe(true);
    expect(sameBytes(second.masks[0].data, first.masks[0].data)).toBe(true);
  });

  test("calls at the same time do not disturb each other", async () => {
    const places = [30, 70, 110, 150];
    const together = await Promise.all(places.map((x) => decode([point(x, 60)])));
    for (const [i, x] of places.entries()) {
      const alone = await decode([point(x, 60)]);
      expect(sameBytes(together[i]!.masks[0].lowResLogits, alone.masks[0].lowResLogits)).toBe(true);
    }
  });

  test("text is refused by name where the model has no words", async () => {
    if (takes("text")) return;
    await expect(decode([{ kind: "text", text: "liver" }])).rejects.toThrow("UnsupportedPrompt");
  });

  test("logits come back at the size of the manifest", async () => {
    const { masks } = await decode([point(100, 60)]);
    expect(masks[0].lowResLogits).toHaveLength(bench.manifest.logits.size ** 2);
    expect(masks[0].stabilityScore).toBeGreaterThan(0);
    expect(masks[0].stabilityScore).toBeLessThanOrEqual(1);
  });
});
