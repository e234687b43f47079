/** Model folders made on the spot: manifest, graphs with random weights, golden. Servers and browsers run them as any other. */

import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as ort from "onnxruntime-node";
import { createDecoder } from "../../core/model/decoder.ts";
import { createEncoder } from "../../core/model/encoder.ts";
import { LABEL } from "../../core/prompt/sam.ts";
import { toFloat16 } from "../../core/tensor/float16.ts";
import { ortSession } from "../../core/tensor/ort-session.ts";
import { writeSafetensors } from "../../core/tensor/safetensors.ts";
import { float32, type Tensor } from "../../core/tensor/session.ts";
import { Manifest } from "../../core/wire/manifest.ts";
import * as tiny from "./tiny-graphs.ts";

export { graphBuilder, matMulModel, onnxModel } from "./onnx-writer.ts";
export * from "./tiny-graphs.ts";

export type TinyKind = "promptomy" | "meta" | "sam" | "sam2" | "efficientsam";

type Bytes = Uint8Array<ArrayBuffer>;
type GraphName = "encoder" | "prepare" | "decoder" | "textEncoder";

/** A model as bytes, for tests that need no folder. */
export interface TinyModel {
  readonly manifest: Manifest;
  readonly files: Readonly<Record<string, Bytes>>;
}

const CONTEXTS = ["auto", "CT", "MR", "US", "XR", "fundus", "endoscopy", "pathology", "microscopy", "PET"];

function graphsOf(kind: TinyKind): Partial<Record<GraphName, Bytes>> & { encoder: Bytes; decoder: Bytes } {
  switch (kind) {
    case "promptomy":
      return {
        encoder: tiny.tinyEncoder(512, 128),
        prepare: tiny.tinyPrepare(),
        decoder: tiny.tinyPromptomyDecoder(),
        textEncoder: tiny.tinyTextEncoder(),
      };
    case "meta":
      return { encoder: tiny.tinyEncoder(1024, 256), decoder: tiny.tinyMetaDecoder() };
    case "sam":
      return { encoder: tiny.tinySamVisionEncoder(), decoder: tiny.tinySamPromptDecoder() };
    case "sam2":
      return { encoder: tiny.tinySam2VisionEncoder(), decoder: tiny.tinySam2PromptDecoder() };
    case "efficientsam":
      return {
        encoder: tiny.tinyEncoder(1024, 256, { input: "batched_images", output: "image_embeddings" }),
        decoder: tiny.tinyEfficientSamDecoder(),
      };
  }
}

const PROMPTS = {
  promptomy: ["point", "box", "scribble", "lasso", "mask", "text"],
  meta: ["point", "box", "scribble", "lasso", "mask"],
  sam: ["point", "scribble"],
  sam2: ["point", "box", "scribble"],
  efficientsam: ["point", "box"],
} as const;

const CONTRACT = {
  promptomy: "promptomy",
  meta: "meta",
  sam: "transformers.js",
  sam2: "transformers.js",
  efficientsam: "meta",
} as const;

const IMAGENET = { mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375] } as const;

const weightsOf = (path: string, bytes: Bytes) => ({
  path,
  bytes: bytes.length,
  digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` as const,
});

function manifestOf(kind: TinyKind, id: string, graphs: Record<string, object>): Manifest {
  const own = kind === "promptomy";
  const stretched = kind === "sam2" || kind === "efficientsam";
  return Manifest.parse({
    id,
    version: "0.0.1",
    name: `Tiny ${kind}`,
    licence: "Apache-2.0",
    intendedUse: "Tests: random weights.",
    modalities: ["CT"],
    contract: CONTRACT[kind],
    input: {
      size: own ? 512 : 1024,
      ...(own || kind === "efficientsam" ? { mean: [0, 0, 0], std: [255, 255, 255] } : IMAGENET),
      resize: stretched ? "stretch" : "longest-side",
      pad: stretched ? "none" : "bottom-right",
    },
    embedding: { shape: own ? [1, 128, 32, 32] : [1, 256, 64, 64], wire: own ? "i8" : "f16" },
    logits: { size: 256, threshold: 0 },
    prompts: PROMPTS[kind],
    ...(own ? { contexts: CONTEXTS } : {}),
    graphs,
  });
}

/** A dark picture with a bright disc. */
function goldenPicture(size: number): Uint8Array {
  const at = (i: number) => Math.hypot((i % size) - 0.4 * size, Math.floor(i / size) - 0.6 * size);
  return Uint8Array.from({ length: size * size }, (_, i) => (at(i) < 0.1 * size ? 200 : 40));
}

const half = ({ data, dims }: Tensor): Tensor => ({ type: "float16", data: toFloat16(data as Float32Array), dims });

/** What our own graphs answer to one click, as training writes it for the real model. */
async function goldenOf({ manifest, files }: TinyModel): Promise<Bytes> {
  const session = (name: string) => ortSession(ort, files[name]!);
  const { size } = manifest.input;
  const grey = goldenPicture(size);
  const image = Float32Array.from({ length: 3 * grey.length }, (_, i) => grey[i % grey.length] / 255);
  const encoder = createEncoder({ manifest, encoder: await session("encoder.onnx") });
  const embedding = await encoder.encode(image);
  const decoder = createDecoder({
    manifest,
    decoder: await session("decoder.onnx"),
    prepare: await session("prepare.onnx"),
  });
  const pointCoords = Float32Array.of(0.4 * size, 0.6 * size, 0, 0);
  const pointLabels = Float32Array.of(LABEL.foreground, LABEL.padding);
  const prepared = await decoder.prepare({ embedding, image });
  const maskInput = new Float32Array(256 * 256);
  const raw = await decoder.run(prepared, { pointCoords, pointLabels, maskInput, hasMaskInput: false });
  await Promise.all([encoder.release(), decoder.release()]);
  return writeSafetensors({
    image: { type: "uint8", data: grey, dims: [size, size] },
    image_embeddings: half(embedding.image_embeddings!),
    point_coords: float32(pointCoords, [1, 2, 2]),
    point_labels: float32(pointLabels, [1, 2]),
    low_res_masks: half(float32(raw.logits, [1, 4, 256, 256])),
    iou_predictions: float32(raw.ious, [1, 4]),
  });
}

const FILE = {
  encoder: "encoder.onnx",
  prepare: "prepare.onnx",
  decoder: "decoder.onnx",
  textEncoder: "text-encoder.onnx",
};

/** A tiny model in memory; our own contract also gets its golden. */
export async function tinyModel(kind: TinyKind = "promptomy", id = `tiny-${kind}`): Promise<TinyModel> {
  const entries = Object.entries(graphsOf(kind)).map(
    ([name, bytes]) => [name, FILE[name as GraphName], bytes] as const,
  );
  const graphs = Object.fromEntries(entries.map(([name, path, bytes]) => [name, weightsOf(path, bytes)]));
  const files = Object.fromEntries(entries.map(([, path, bytes]) => [path, bytes]));
  const manifest = manifestOf(kind, id, graphs);
  if (kind !== "promptomy") return { manifest, files };
  const golden = await goldenOf({ manifest, files });
  return {
    manifest: { ...manifest, golden: weightsOf("golden.safetensors", golden) },
    files: { ...files, "golden.safetensors": golden },
  };
}

/** Writes manifest.json, the graphs and the golden of a tiny model into `dir`, which is made. */
export async function writeTinyModel(dir: string, kind: TinyKind = "promptomy", id?: string): Promise<Manifest> {
  const { manifest, files } = await tinyModel(kind, id);
  await mkdir(dir, { recursive: true });
  const all = { ...files, "manifest.json": new TextEncoder().encode(JSON.stringify(manifest, null, 2)) };
  await Promise.all(Object.entries(all).map(([name, bytes]) => writeFile(join(dir, name), bytes)));
  return manifest;
}
