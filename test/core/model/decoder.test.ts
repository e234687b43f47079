import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isSegmenterError } from "../../../core/errors.ts";
import { maskArea, maskIou } from "../../../core/mask/mask.ts";
import { createDecoder, type DecodeRequest, type Decoder, type Prepared } from "../../../core/model/decoder.ts";
import { createEncoder, type Encoder } from "../../../core/model/encoder.ts";
import { modelInput } from "../../../core/model/preprocess.ts";
import { ortSession } from "../../../core/tensor/ort-session.ts";
import { float32, type Session, type Tensor } from "../../../core/tensor/session.ts";
import type { Transform } from "../../../core/wire/embedding.ts";
import type { Prompt } from "../../../core/wire/prompt.ts";
import { type TinyModel, tinyModel } from "../../support/onnx.ts";
import { greySlice, sameBytes } from "../../support/slices.ts";

const SIZE = { width: 128, height: 96 };
const point: Prompt = { kind: "point", x: 60, y: 40, label: "foreground" };
const text = (words: string): Prompt => ({ kind: "text", text: words });

let model: TinyModel;
let encoder: Encoder;
let decoder: Decoder;
let prepared: Prepared;
let image: Float32Array;
let embedding: Record<string, Tensor>;
let transform: Transform;

const session = (name: string) => ortSession(ort, model.files[name]!);
const ask = (prompts: readonly Prompt[], more: Partial<DecodeRequest> = {}) =>
  decoder.decode(prepared, { prompts, transform, ...SIZE, ...more });
const codeOf = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return isSegmenterError(error) ? error.code : error;
};

beforeAll(async () => {
  model = await tinyModel();
  const { manifest } = model;
  encoder = createEncoder({ manifest, encoder: await session("encoder.onnx") });
  decoder = createDecoder({
    manifest,
    decoder: await session("decoder.onnx"),
    prepare: await session("prepare.onnx"),
    textEncoder: await session("text-encoder.onnx"),
  });
  const slice = greySlice(SIZE.width, SIZE.height, (x, y) => (x * 3 + y * 5) % 256);
  ({ image, transform } = modelInput(slice, { window: { center: 128, width: 256 }, input: manifest.input }));
  embedding = await encoder.encode(image);
  prepared = await decoder.prepare({ embedding, image });
});
afterAll(() => Promise.all([encoder.release(), decoder.release()]));

describe("which mask answers", () => {
  test("a lone click: the best of the three candidates", async () => {
    const [best] = (await ask([point])).masks;
    const all = (await ask([point], { multimask: true })).masks;
    expect(all).toHaveLength(3);
    expect(sameBytes(best.lowResLogits, all[0].lowResLogits)).toBe(true);
  });

  test("a lone stroke too, but not one of background", async () => {
    const points: [number, number][] = [
      [60, 40],
      [90, 50],
    ];
    const stroke = (label: "foreground" | "background") => ({ kind: "scribble", points, label }) as const;
    expect((await ask([stroke("foreground")], { multimask: true })).masks).toHaveLength(3);
    expect((await ask([stroke("background")], { multimask: true })).masks).toHaveLength(1);
  });

  test("several prompts: the one mask made for them, also with multimask", async () => {
    const several = await ask([point, { ...point, x: 70 }], { multimask: true });
    expect(several.masks).toHaveLength(1);
    const raw = await decoder.run(prepared, {
      pointCoords: Float32Array.of(241.5, 161.5, 281.5, 161.5, 0, 0),
      pointLabels: Float32Array.of(1, 1, -1),
      maskInput: new Float32Array(65536),
      hasMaskInput: false,
    });
    expect(sameBytes(several.masks[0].lowResLogits, raw.logits.slice(0, 65536))).toBe(true);
  });

  test("predicted IoU stays between 0 and 1", async () => {
    for (const { predictedIou } of (await ask([point], { multimask: true })).masks) {
      expect(predictedIou).toBeGreaterThanOrEqual(0);
      expect(predictedIou).toBeLessThanOrEqual(1);
    }
  });
});

describe("what reaches the graph", () => {
  test("the picture", async () => {
    const dark = new Float32Array(image.length).fill(0.01);
    const other = await decoder.prepare({ embedding: await encoder.encode(dark), image: dark });
    const answer = await decoder.decode(other, { prompts: [point], transform, ...SIZE });
    expect(sameBytes(answer.masks[0].lowResLogits, (await ask([point])).masks[0].lowResLogits)).toBe(false);
  });

  test("previous logits, only when they are given", async () => {
    const first = (await ask([point])).masks[0];
    const refined = (await ask([point], { previous: first.lowResLogits })).masks[0];
    const silent = (await ask([point], { previous: new Float32Array(65536) })).masks[0];
    expect(sameBytes(refined.lowResLogits, first.lowResLogits)).toBe(false);
    expect(sameBytes(silent.lowResLogits, first.lowResLogits)).toBe(true);
  });

  test("the modality", async () => {
    const [auto, ct, code] = await Promise.all([
      ask([point]),
      ask([point], { context: { modality: "CT" } }),
      ask([point], { context: { modality: "OT" } }),
    ]);
    expect(sameBytes(ct.masks[0].lowResLogits, auto.masks[0].lowResLogits)).toBe(false);
    expect(sameBytes(code.masks[0].lowResLogits, auto.masks[0].lowResLogits)).toBe(true);
  });

  test("a lasso: its area comes back", async () => {
    const points: [number, number][] = [
      [30, 30],
      [80, 30],
      [80, 70],
      [30, 70],
    ];
    const { masks } = await ask([{ kind: "lasso", label: "foreground", points }]);
    const wanted = { ...SIZE, data: new Uint8Array(SIZE.width * SIZE.height) };
    for (let y = 30; y < 70; y++) wanted.data.fill(1, y * SIZE.width + 30, y * SIZE.width + 80);
    expect(maskIou(masks[0], wanted)).toBeGreaterThan(0.8);
  });
});

describe("text", () => {
  const WORDS = ["liver", "spleen", "kidney", "aorta", "tumour", "heart", "lung", "brain", "nodule", "optic disc"];
  const answersToWords = () => Promise.all(WORDS.map(async (word) => ({ word, ...(await ask([text(word)])) })));

  test("gives a presence; points alone give none", async () => {
    expect((await ask([text("liver")])).presence).toBeGreaterThanOrEqual(0);
    expect((await ask([point])).presence).toBeUndefined();
  });

  test("a structure that is not there gives an empty mask; a click beside it is still answered", async () => {
    const answers = await answersToWords();
    const absent = answers.find(({ presence }) => presence! < 0.5)!;
    expect(answers.some(({ presence }) => presence! >= 0.5)).toBe(true);
    expect(maskArea(absent.masks[0])).toBe(0);
    expect(maskArea((await ask([point, text(absent.word)])).masks[0])).toBeGreaterThan(0);
  });

  test("is answered beyond a line only, where there is one; nothing there counts as absent", async () => {
    const { size } = model.manifest.logits;
    const generous = createDecoder({
      manifest: { ...model.manifest, logits: { size, threshold: -6 } },
      decoder: await session("decoder.onnx"),
      textEncoder: await session("text-encoder.onnx"),
      prepare: await session("prepare.onnx"),
    });
    const beyond = (...line: [number, number, number]): Prompt => ({ kind: "text", text: "kidney", beyond: line });
    const area = async (...prompts: readonly Prompt[]) => {
      const { masks, presence } = await generous.decode(prepared, { prompts, transform, ...SIZE });
      return [maskArea(masks[0]), presence! >= 0.5];
    };
    const [all] = await area(text("kidney"));
    expect(all).toBeGreaterThan(0);
    expect(await area(beyond(0, 0, 1))).toEqual([all, true]);
    expect(await area(beyond(0, 0, -1))).toEqual([0, false]);
    expect((await area(point, beyond(0, 0, -1)))[0], "a click says where").toBeGreaterThan(0);
  });

  test("is refused without a text encoder", async () => {
    const bare = createDecoder({ manifest: model.manifest, decoder: await session("decoder.onnx") });
    const asked = bare.decode(prepared, { prompts: [text("liver")], transform, ...SIZE });
    expect(await codeOf(asked)).toBe("UnsupportedPrompt");
    await bare.release();
  });
});

describe("refusals", () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ["no prompt", () => ask([]), "InvalidRequest"],
    ["a place off the slice", () => ask([{ ...point, x: 128 }]), "InvalidPrompt"],
    [
      "an embedding of another shape",
      () => prepareWith(float32(new Float32Array(8), [1, 2, 2, 2])),
      "EncoderOutputInvalid",
    ],
    [
      "an embedding with NaN",
      () => prepareWith(float32(new Float32Array(131072).fill(Number.NaN), [1, 128, 32, 32])),
      "EncoderOutputInvalid",
    ],
    ["a slice without its image", () => decoder.prepare({ embedding }), "InvalidRequest"],
  ])("%s", async (_, call, code) => {
    expect(await codeOf(call())).toBe(code);
  });
  const prepareWith = (tensor: Tensor) => decoder.prepare({ embedding: { image_embeddings: tensor }, image });

  test("logits that are not finite never become a mask", async () => {
    const real = await session("decoder.onnx");
    const broken: Session = {
      ...real,
      run: async (feeds) => {
        const outputs = await real.run(feeds);
        (outputs.low_res_masks!.data as Float32Array)[7] = Number.NaN;
        return outputs;
      },
    };
    const bad = createDecoder({ manifest: model.manifest, decoder: broken });
    expect(await codeOf(bad.decode(prepared, { prompts: [point], transform, ...SIZE }))).toBe("EncoderOutputInvalid");
    await bad.release();
  });
});

describe("F-7: an encoder that answers wrongly", () => {
  const answering = (tensor: Tensor) => {
    const fake: Session = {
      inputNames: ["image"],
      outputNames: ["image_embeddings"],
      run: async () => ({ image_embeddings: tensor }),
      release: async () => {},
    };
    return codeOf(createEncoder({ manifest: model.manifest, encoder: fake }).encode(image));
  };
  test.each<[string, Tensor]>([
    ["NaN", float32(new Float32Array(131072).fill(Number.NaN), [1, 128, 32, 32])],
    ["infinity", float32(new Float32Array(131072).fill(Number.POSITIVE_INFINITY), [1, 128, 32, 32])],
    ["all zeros", float32(new Float32Array(131072), [1, 128, 32, 32])],
    ["another shape", float32(new Float32Array(131072).fill(1), [1, 64, 32, 64])],
    ["another type", { type: "int32", data: new Int32Array(131072).fill(1), dims: [1, 128, 32, 32] }],
  ])("%s is refused", async (_, tensor) => {
    expect(await answering(tensor)).toBe("EncoderOutputInvalid");
  });

  test("an image of another size is a programmer's error", async () => {
    await expect(encoder.encode(new Float32Array(12))).rejects.toThrow(RangeError);
  });
});
