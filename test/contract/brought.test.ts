/** Text towers and heat maps that a manifest brings: the graphs run, the ids are CLIP's own, and what does not fit is said. */
import * as tokenizers from "@huggingface/tokenizers";
import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";
import { maskArea } from "../../core/mask/mask.ts";
import { createDecoder } from "../../core/model/decoder.ts";
import { createEncoder } from "../../core/model/encoder.ts";
import { createHeatMap, placesOf } from "../../core/model/heat-map.ts";
import { modelInput } from "../../core/model/preprocess.ts";
import { hubTokenizer } from "../../core/prompt/hub-tokens.ts";
import { ortSession } from "../../core/tensor/ort-session.ts";
import type { Feeds, Session } from "../../core/tensor/session.ts";
import type { Manifest } from "../../core/wire/manifest.ts";
import { bertTokenizer, CLIP_CAT, clipTokenizer } from "../server/text/hub-folder.ts";
import { dualModel, heatMapGraph, TEMPLATE } from "../support/brought-graphs.ts";
import { greySlice } from "../support/slices.ts";

const [WIDTH, HEIGHT] = [200, 120];
const WINDOW = { center: 128, width: 256 };
/** A bright square in the dark, left of the middle. */
const slice = greySlice(WIDTH, HEIGHT, (x, y) => (x >= 50 && x < 75 && y >= 25 && y < 50 ? 255 : 0));
const tokenize = hubTokenizer(tokenizers, clipTokenizer());

/** The session, with what it was last fed. */
function watched(session: Session): Session & { fed: Feeds } {
  const seen = {
    ...session,
    fed: {} as Feeds,
    run(feeds: Feeds) {
      seen.fed = feeds;
      return session.run(feeds);
    },
  };
  return seen;
}

async function dual() {
  const { manifest, files } = dualModel();
  const session = (name: string) => ortSession(ort, files[name]!);
  const textEncoder = watched(await session("text.onnx"));
  const decoder = createDecoder({ manifest, decoder: await session("decoder.onnx"), textEncoder, tokenize });
  const encoder = createEncoder({ manifest, encoder: await session("image.onnx") });
  const { image, transform } = modelInput(slice, { window: WINDOW, input: manifest.input });
  const prepared = await decoder.prepare({ embedding: await encoder.encode(image) });
  const say = (text: string) =>
    decoder.decode(prepared, { prompts: [{ kind: "text", text }], transform, width: WIDTH, height: HEIGHT });
  return { say, textEncoder };
}

describe("a dual encoder", () => {
  test("reads a text as CLIP does, in the words of its template", async () => {
    const { say, textEncoder } = await dual();
    await say("cat");
    expect(textEncoder.fed.input_ids).toMatchObject({ type: "int64", dims: [1, CLIP_CAT.length] });
    expect([...(textEncoder.fed.input_ids!.data as BigInt64Array)].map(Number)).toEqual(CLIP_CAT);
    expect([...(textEncoder.fed.attention_mask!.data as BigInt64Array)].map(Number)).toEqual(CLIP_CAT.map(() => 1));
  });

  test("segments what its two towers agree on, and the opposite for the opposite text", async () => {
    const { say } = await dual();
    const [bright, dark] = [await say("cat"), await say("photo")];
    expect(bright.presence).toBeGreaterThan(0.9);
    expect(bright.masks[0].data[37 * WIDTH + 62]).toBe(1);
    expect(bright.masks[0].data[100 * WIDTH + 150]).toBe(0);
    expect(maskArea(bright.masks[0])).toBeGreaterThan(300);
    expect(maskArea(bright.masks[0])).toBeLessThan(1500);
    expect(dark.masks[0].data[37 * WIDTH + 62]).toBe(0);
    expect(dark.masks[0].data[100 * WIDTH + 150]).toBe(1);
  });

  test("answers letters that its tokenizer does not know with no mask", async () => {
    const { manifest, files } = dualModel();
    const decoder = createDecoder({
      manifest,
      decoder: await ortSession(ort, files["decoder.onnx"]!),
      textEncoder: await ortSession(ort, files["text.onnx"]!),
      tokenize: hubTokenizer(tokenizers, bertTokenizer(["a", "of", "photo", "cat"])),
    });
    const prepared = await decoder.prepare({
      embedding: { image_embeddings: { type: "float32", data: new Float32Array(128).fill(1), dims: [1, 2, 8, 8] } },
    });
    const { transform } = modelInput(slice, { window: WINDOW, input: manifest.input });
    const said = decoder.decode(prepared, {
      prompts: [{ kind: "text", text: "肝脏" }],
      ...{ transform, width: WIDTH, height: HEIGHT },
    });
    await expect(said).rejects.toMatchObject({ code: "UnknownTerm", detail: { text: "肝脏" } });
  });

  test("whose text tower wants more than text is refused by name", async () => {
    const { manifest, files } = dualModel();
    const parts = { manifest, decoder: await ortSession(ort, files["decoder.onnx"]!), tokenize };
    expect(() => createDecoder({ ...parts, textEncoder: fakeInputs(["input_ids", "pixel_values"]) })).toThrow(
      /ModelCorrupt.*wants pixel_values/,
    );
  });
});

/** A graph is refused by its inputs before anything runs, so that these never do. */
const fakeInputs = (inputNames: readonly string[]): Session => ({
  inputNames,
  outputNames: ["logits"],
  run: () => Promise.reject(new Error("never run")),
  release: async () => {},
});

const HEAT: Manifest["heatMap"] = {
  input: { size: 64, mean: [0, 0, 0], std: [255, 255, 255], resize: "longest-side", pad: "bottom-right" },
  text: { tokenizer: { path: "tokenizer.json" }, mostTokens: 77, template: TEMPLATE },
  threshold: 0.5,
};
const withHeat: Manifest = { ...dualModel().manifest, heatMap: HEAT };

describe("a heat map", () => {
  const look = async (text: string, threshold = 0.5) => {
    const session = watched(await ortSession(ort, heatMapGraph()));
    const { image, transform } = modelInput(slice, { window: WINDOW, input: HEAT!.input });
    const heat = await createHeatMap(withHeat, { session, tokenize }).look(image, text);
    return { fed: session.fed, places: placesOf(heat, transform, { threshold, width: WIDTH, height: HEIGHT }) };
  };

  test("gets pixels and CLIP's ids, and becomes a box and a point in pixels of the slice", async () => {
    const { fed, places } = await look("cat");
    expect([...(fed.input_ids!.data as BigInt64Array)].map(Number)).toEqual(CLIP_CAT);
    expect(fed.pixel_values).toMatchObject({ type: "float32", dims: [1, 3, 64, 64] });
    const [{ box, point, confidence, by }, ...others] = places as [(typeof places)[0]];
    expect([by, others]).toEqual(["heat-map", []]);
    expect(confidence).toBeGreaterThan(0.9);
    expect(point.x).toBeGreaterThanOrEqual(50);
    expect(point.x).toBeLessThan(75);
    expect(point.y).toBeGreaterThanOrEqual(25);
    expect(point.y).toBeLessThan(50);
    const cell = WIDTH / 16;
    for (const [found, true_] of [
      [box.x0, 50],
      [box.x1, 75],
      [box.y0, 25],
      [box.y1, 50],
    ] as const)
      expect(Math.abs(found - true_)).toBeLessThanOrEqual(cell);
  });

  test("that is nowhere warm enough has no places, and padding is no place", async () => {
    expect((await look("cat", 0.999)).places).toEqual([]);
    const dark = (await look("photo")).places;
    expect(dark).toHaveLength(1);
    expect(dark[0]!.box.y1).toBeLessThan(HEIGHT);
  });

  test.each([
    [["input_ids"], /takes pixel_values/],
    [["pixel_values"], /takes input_ids/],
    [["pixel_values", "input_ids", "conditional_pixel_values"], /wants conditional_pixel_values/],
  ])("is refused where its graph takes %s", (inputs, reason) => {
    expect(() => createHeatMap(withHeat, { session: fakeInputs(inputs), tokenize })).toThrow(reason);
  });

  test("of another shape, or not of numbers, is no answer", async () => {
    const answering = (data: Float32Array, dims: number[]): Session => ({
      ...fakeInputs(["pixel_values", "input_ids"]),
      run: async () => ({ logits: { type: "float32", data, dims } }),
    });
    const ask = (session: Session) =>
      createHeatMap(withHeat, { session, tokenize }).look(new Float32Array(3 * 64 * 64), "cat");
    await expect(ask(answering(new Float32Array(12), [1, 3, 4]))).rejects.toMatchObject({
      code: "EncoderOutputInvalid",
    });
    await expect(ask(answering(new Float32Array(16).fill(Number.NaN), [1, 4, 4]))).rejects.toMatchObject({
      code: "EncoderOutputInvalid",
    });
  });
});
