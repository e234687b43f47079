import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as node from "onnxruntime-node";
import * as wasm from "onnxruntime-web";
import { describe, expect, test } from "vitest";
import { decodeEmbedding, encodeEmbedding, type Wire } from "../../core/embedding/file.ts";
import { sliceOf } from "../../core/image/slice.ts";
import { maskIou } from "../../core/mask/mask.ts";
import type { Decoded } from "../../core/model/candidates.ts";
import { createDecoder } from "../../core/model/decoder.ts";
import { createEncoder } from "../../core/model/encoder.ts";
import { checkGolden } from "../../core/model/golden.ts";
import { modelInput } from "../../core/model/preprocess.ts";
import { createPhantom } from "../../core/phantom/phantom.ts";
import { tokenise } from "../../core/prompt/tokens.ts";
import { type OrtModule, ortSession } from "../../core/tensor/ort-session.ts";
import { Manifest } from "../../core/wire/manifest.ts";
import type { Prompt } from "../../core/wire/prompt.ts";
import { repositoryRoot } from "../support/data.ts";
import { type TinyModel, tinyModel } from "../support/onnx.ts";

wasm.env.wasm.numThreads = 1;

const folder = join(repositoryRoot, "models/default");
const installed = existsSync(join(folder, "manifest.json"));

function defaultModel(): TinyModel {
  const manifest = Manifest.parse(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")));
  const paths = [...Object.values(manifest.graphs), manifest.golden].flatMap((file) => file?.path ?? []);
  return {
    manifest,
    files: Object.fromEntries(paths.map((path) => [path, Uint8Array.from(readFileSync(join(folder, path)))])),
  };
}

async function open({ manifest, files }: TinyModel, ort: OrtModule) {
  const { graphs } = manifest;
  const session = (graph: { path: string }) => ortSession(ort, files[graph.path]!);
  return {
    encoder: createEncoder({ manifest, encoder: await session(graphs.encoder) }),
    decoder: createDecoder({
      manifest,
      decoder: await session(graphs.decoder),
      prepare: graphs.prepare && (await session(graphs.prepare)),
      textEncoder: graphs.textEncoder && (await session(graphs.textEncoder)),
    }),
  };
}

const { volume } = createPhantom();
const slice = sliceOf(volume, "native", Math.floor(volume.size[2] / 2));
const liver = { kind: "point", x: 90, y: 90, label: "foreground" } as const;
const box: Prompt = { kind: "box", x0: 60, y0: 60, x1: 130, y1: 130 };

/** The whole path on one runtime: encode, wire, prepare, decode. */
async function answers(model: TinyModel, ort: OrtModule, wire: Wire): Promise<readonly Decoded[]> {
  const { encoder, decoder } = await open(model, ort);
  const { image, transform } = modelInput(slice, { window: { center: 40, width: 400 }, input: model.manifest.input });
  const { tensors } = decodeEmbedding(encodeEmbedding(await encoder.encode(image), wire));
  const prepared = await decoder.prepare({ embedding: tensors, image });
  const { width, height } = slice;
  const decode = (...prompts: Prompt[]) =>
    decoder.decode(prepared, { prompts, transform, width, height, context: { modality: "CT" } });
  const found = [
    await decode(liver),
    await decode(box),
    await decode(liver, { ...liver, x: 150, label: "background" }),
  ];
  await Promise.all([encoder.release(), decoder.release()]);
  return found;
}

const largestDifference = (a: Float32Array, b: Float32Array) =>
  a.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);

const models = [
  { name: "tiny", load: () => tinyModel() },
  ...(installed ? [{ name: "default", load: async () => defaultModel() }] : []),
];

describe.each(models)("D-11: the $name model", ({ load }) => {
  test("answers alike in onnxruntime-node and in the browser's WebAssembly", async () => {
    const model = await load();
    const [onServer, inBrowser] = [await answers(model, node, "i8"), await answers(model, wasm, "i8")];
    for (const [i, { masks }] of onServer.entries()) {
      const other = inBrowser[i]!.masks[0];
      expect(largestDifference(masks[0].lowResLogits, other.lowResLogits)).toBeLessThan(0.05);
      expect(maskIou(masks[0], other)).toBeGreaterThanOrEqual(0.99);
    }
  });

  test("loses next to nothing to the int8 wire", async () => {
    const model = await load();
    const [exact, packed] = [await answers(model, node, "f32"), await answers(model, node, "i8")];
    for (const [i, { masks }] of exact.entries()) {
      expect(maskIou(masks[0], packed[i]!.masks[0])).toBeGreaterThan(0.95);
    }
  });

  test.each([
    ["onnxruntime-node", node],
    ["onnxruntime-web", wasm],
  ] as const)("passes its own golden in %s", async (_, ort) => {
    const model = await load();
    const { encoder, decoder } = await open(model, ort);
    expect(await checkGolden(decoder, model.files[model.manifest.golden!.path]!, model.manifest)).toMatchObject({
      ok: true,
    });
    await Promise.all([encoder.release(), decoder.release()]);
  });
});

describe.skipIf(!existsSync(join(folder, "golden-tokens.json")))("the default model's text", () => {
  test("is tokenised as in training", () => {
    const golden = JSON.parse(readFileSync(join(folder, "golden-tokens.json"), "utf8")) as {
      text: string;
      ids: number[];
    }[];
    for (const { text, ids } of golden) expect([...tokenise(text)].map(Number)).toEqual(ids);
  });
});
