import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Slice } from "../../core/image/volume.ts";
import type { ImageInfo } from "../../core/wire/index.ts";
import { createInferencePool, type InferencePool, type InferencePoolOptions } from "../../server/inference/pool.ts";
import { loadModels, type ModelRegistry } from "../../server/models/registry.ts";
import type { ServerEvent } from "../../server/ops/events.ts";
import { tinyModel } from "../support/onnx.ts";
import { type GraphBuilder, graphBuilder } from "../support/onnx-writer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** Takes what must be undone; a test undoes it when it ends. */
type Later = (end: () => Promise<void>) => void;

/** A folder that goes when the test ends. */
export async function scratch(later: Later = onTestFinished): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "inference-"));
  later(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** Side of the multiplied matrices: one product is about 2 GFLOP. */
const SIDE = 1024;

/** `[1, 3, 512, 512]` → `[1, 128, 32, 32]`. */
function features(g: GraphBuilder, image: string): string {
  const pooled = g.op("AveragePool", [image], { kernel_shape: [16, 16], strides: [16, 16] });
  const kernel = g.constant(new Float32Array(128 * 3).fill(0.3), [128, 3, 1, 1]);
  return g.op("Conv", [pooled, kernel], { kernel_shape: [1, 1] });
}

/**
 * An encoder of our contract that takes long: `products` chained MatMuls before the answer. Each is about 30 ms on an idle
 * core; five hundred never end within a test.
 */
export function slowEncoder(products: number): Bytes {
  const g = graphBuilder();
  const image = g.input("image", ["batch", 3, 512, 512]);
  const answer = features(g, image);
  const mean = g.op("ReduceMean", [image], { axes: [0, 1, 2, 3], keepdims: 0 });
  const small = g.op("Add", [g.op("Mul", [mean, g.constant([0])]), g.constant([1 / SIDE])]);
  const start = g.op("Expand", [small, g.ints([SIDE, SIDE])]);
  let chain = start;
  for (let i = 0; i < products; i++) chain = g.op("MatMul", [chain, start]);
  const rest = g.op("Mul", [g.op("ReduceMean", [chain], { axes: [0, 1], keepdims: 0 }), g.constant([1e-6])]);
  g.output("image_embeddings", g.op("Add", [g.op("Relu", [answer]), rest]), ["batch", 128, 32, 32]);
  return g.model();
}

/** An encoder whose answer is the square root of a negative number. */
export function nanEncoder(): Bytes {
  const g = graphBuilder();
  const image = g.input("image", ["batch", 3, 512, 512]);
  const answer = features(g, image);
  const negative = g.op("Sub", [g.constant([-1]), g.op("Abs", [answer])]);
  g.output("image_embeddings", g.op("Sqrt", [negative]), ["batch", 128, 32, 32]);
  return g.model();
}

let template: ReturnType<typeof tinyModel> | undefined;

/** Writes the tiny model, with another encoder if one is given, and returns its folder. */
export async function modelFolder(
  parent: string,
  { id = "tiny", encoder }: { id?: string; encoder?: Bytes } = {},
): Promise<string> {
  template ??= tinyModel();
  const { files, manifest } = await template;
  const dir = join(parent, id);
  const bytes = encoder ?? files["encoder.onnx"]!;
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const graphs = { ...manifest.graphs, encoder: { path: "encoder.onnx", bytes: bytes.length, digest } };
  const all = {
    ...files,
    "encoder.onnx": bytes,
    "manifest.json": Buffer.from(JSON.stringify({ ...manifest, id, graphs })),
  };
  await mkdir(dir, { recursive: true });
  await Promise.all(Object.entries(all).map(([name, content]) => writeFile(join(dir, name), content)));
  return dir;
}

export interface Bench {
  readonly models: ModelRegistry;
  readonly pool: InferencePool;
  readonly events: ServerEvent[];
}

/** A real pool of one encoder, and decoders where asked for; closed when the test ends. */
export async function openPool(
  encoder?: Bytes,
  options: Partial<InferencePoolOptions> = {},
  later: Later = onTestFinished,
): Promise<Bench> {
  const models = await loadModels([await modelFolder(await scratch(later), encoder && { encoder })]);
  const events: ServerEvent[] = [];
  const observe = (event: ServerEvent) => events.push(event);
  const pool = await createInferencePool({
    models,
    device: "cpu",
    encoders: 1,
    decoders: 0,
    threads: 1,
    observe,
    ...options,
  });
  later(() => pool.close({ graceMs: 0 }));
  return { models, pool, events };
}

const SIZE = 64;
const IDENTITY = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** A grey square on black; `seed` makes it another picture. */
export function sliceOf(seed = 0): Slice {
  const inside = (i: number) => i % SIZE > 16 && i % SIZE < 40 && i >> 6 > 16 && i >> 6 < 40;
  return {
    width: SIZE,
    height: SIZE,
    channels: 1,
    data: Int16Array.from({ length: SIZE * SIZE }, (_, i) => (inside(i) ? 60 : -200) + ((i * 7 + seed * 13) % 40)),
    rescale: { slope: 1, intercept: 0 },
    inverted: false,
    spacingMm: [0.5, 0.5],
    xyToLps: IDENTITY,
  };
}

export const WINDOW = { center: 40, width: 400 };

/** Pictures of 64 slices each under any id that ends in an even digit. */
export function pictures() {
  const reads: number[] = [];
  const info = (imageId: string): ImageInfo => ({
    imageId: imageId as ImageInfo["imageId"],
    kind: "volume",
    modality: "CT",
    channels: 1,
    dtype: "int16",
    size: [SIZE, SIZE, SIZE],
    spacing: [0.5, 0.5, 2],
    ijkToLps: IDENTITY,
    rescale: { slope: 1, intercept: 0 },
    inverted: false,
    windows: [{ name: "Soft tissue", ...WINDOW }],
    planes: [{ plane: "native", width: SIZE, height: SIZE, count: SIZE, spacingMm: [0.5, 0.5], xyToLps: IDENTITY }],
    hasSource: false,
    warnings: [],
  });
  return {
    reads,
    get: (imageId: string) => (/[02468]$/.test(imageId) ? info(imageId) : undefined),
    slice: async (_imageId: string, _plane: string, k: number) => {
      reads.push(k);
      return sliceOf(k);
    },
  };
}

/** Waits until `condition` holds; fails the test by its own time limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
}
