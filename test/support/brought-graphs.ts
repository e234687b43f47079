/**
 * What people bring to a model by its manifest: a text tower of the CLIP family beside an image tower of their own, and a heat map
 * as CLIPSeg's. Small enough to be written by a test, with the real signatures and CLIP's own token ids.
 */
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Manifest } from "../../core/wire/manifest.ts";
import { clipTokenizer } from "../server/text/hub-folder.ts";
import { graphBuilder, type TinyKind, writeTinyModel } from "./onnx.ts";
import type { GraphBuilder } from "./onnx-writer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** CLIP's ids of the two words that mean something here: `cat` is what is bright, `photo` what is dark. */
const CAT = 2368;
const PHOTO = 1125;
const IDS = 49_408;
/** Of CLIP's paper. */
export const TEMPLATE = "a photo of a {}";
const TOKENS = 7;

/** By id, so that the mean over "a photo of a cat" is 1 and over "a photo of a photo" −1. */
const BRIGHTNESS = Float32Array.from({ length: IDS }, (_, id) => {
  if (id === PHOTO) return -TOKENS / 2;
  return id === CAT ? 1.5 * TOKENS : 0;
});

/** Ids and mask `[1, tokens]` → brightness that the text asks for, `[1, 1]`. */
function brightnessOf(g: GraphBuilder): string {
  const ids = g.input("input_ids", ["batch", "sequence"], "int64");
  const mask = g.op("Cast", [g.input("attention_mask", ["batch", "sequence"], "int64")], { to: 1 });
  const rows = g.op("Gather", [g.constant(BRIGHTNESS, [IDS]), ids], { axis: 0 });
  return g.op("ReduceMean", [g.op("Mul", [rows, mask])], { axes: [1], keepdims: 1 });
}

/** `[B, 3, S, S]` → `[B, 1, S/by, S/by]`, 0 to 1. */
function greyOf(g: GraphBuilder, image: string, by: number): string {
  const pooled = g.op("AveragePool", [image], { kernel_shape: [by, by], strides: [by, by] });
  return g.op("ReduceMean", [pooled], { axes: [1], keepdims: 1 });
}

const darkness = (g: GraphBuilder, grey: string) => g.op("Sub", [g.constant([1]), grey]);

/** The image tower: brightness and darkness of each cell, `[B, 2, 8, 8]`. */
function imageTower(): Bytes {
  const g = graphBuilder();
  const grey = greyOf(g, g.input("pixel_values", ["batch", 3, 64, 64]), 8);
  g.output("image_embeddings", g.op("Concat", [grey, darkness(g, grey)], { axis: 1 }), ["batch", 2, 8, 8]);
  return g.model();
}

/** The text tower: one vector a text in the space of the image tower, `[B, 2]`. */
function textTower(): Bytes {
  const g = graphBuilder();
  const bright = brightnessOf(g);
  g.output("text_embeds", g.op("Concat", [bright, g.op("Neg", [bright])], { axis: 1 }), ["batch", 2]);
  return g.model();
}

/** Where image and text agree; points are taken and say nothing. */
function agreement(): Bytes {
  const g = graphBuilder();
  const image = g.op("Reshape", [g.input("image_embeddings", [1, 2, 8, 8]), g.ints([2, 64])]);
  const text = g.op("ReduceMean", [g.input("text_embeddings", [1, "words", 2])], { axes: [1], keepdims: 0 });
  const said = g.op("Mul", [text, g.input("has_text", [1])]);
  g.input("point_coords", [1, "points", 2]);
  g.input("point_labels", [1, "points"]);
  const cells = g.op("Reshape", [g.op("MatMul", [said, image]), g.ints([1, 1, 8, 8])]);
  const map = g.op("Resize", [cells, "", g.constant([1, 1, 8, 8])], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });
  g.output("low_res_masks", g.op("Mul", [map, g.constant([10, 10, 10, 10], [1, 4, 1, 1])]), [1, 4, 64, 64]);
  g.output("iou_predictions", g.constant([0.9, 0.8, 0.7, 0.6], [1, 4]), [1, 4]);
  const best = g.op("ReduceMax", [cells], { axes: [1, 2, 3], keepdims: 0 });
  g.output("presence", g.op("Sigmoid", [g.op("Mul", [best, g.constant([10])])]), [1]);
  return g.model();
}

/** CLIPSeg's signature: pixels, ids and mask → logits `[B, 16, 16]`. */
export function heatMapGraph(): Bytes {
  const g = graphBuilder();
  const bright = brightnessOf(g);
  const grey = greyOf(g, g.input("pixel_values", ["batch", 3, 64, 64]), 4);
  const contrast = g.op("Sub", [grey, darkness(g, grey)]);
  const logits = g.op("Mul", [
    g.op("Mul", [contrast, g.op("Reshape", [bright, g.ints([1, 1, 1, 1])])]),
    g.constant([4]),
  ]);
  g.output("logits", g.op("Squeeze", [logits, g.ints([1])]), ["batch", 16, 16]);
  return g.model();
}

const tokenizer = (): Bytes => new TextEncoder().encode(JSON.stringify(clipTokenizer()));

const weightsOf = (path: string, bytes: Bytes) => ({
  path,
  bytes: bytes.length,
  digest: `sha256:${createHash("sha256").update(bytes).digest("hex")}` as const,
});

const INPUT = { size: 64, mean: [0, 0, 0], std: [255, 255, 255], resize: "longest-side", pad: "bottom-right" } as const;

export interface Brought {
  readonly manifest: Manifest;
  readonly files: Readonly<Record<string, Bytes>>;
}

/** A dual encoder with the decoder that compares them. */
export function dualModel(id = "dual", vocabulary: "shared" | "none" = "none"): Brought {
  const files = {
    "image.onnx": imageTower(),
    "text.onnx": textTower(),
    "decoder.onnx": agreement(),
    "tokenizer.json": tokenizer(),
  };
  const manifest = Manifest.parse({
    ...{ id, version: "1", name: "Dual encoder", licence: "Apache-2.0", intendedUse: "Tests.", modalities: ["CT"] },
    input: INPUT,
    embedding: { shape: [1, 2, 8, 8], wire: "f32" },
    logits: { size: 64, threshold: 0 },
    prompts: ["text"],
    graphs: {
      encoder: weightsOf("image.onnx", files["image.onnx"]),
      decoder: weightsOf("decoder.onnx", files["decoder.onnx"]),
      textEncoder: weightsOf("text.onnx", files["text.onnx"]),
    },
    text: { tokenizer: weightsOf("tokenizer.json", files["tokenizer.json"]), template: TEMPLATE, vocabulary },
  });
  return { manifest, files };
}

/** Writes a model that was brought into a folder of its own. */
export async function writeBrought(dir: string, { manifest, files }: Brought): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "manifest.json"), JSON.stringify(manifest));
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(dir, name), bytes);
}

/** A tiny model whose manifest brings a heat map. */
export async function writeWithHeatMap(dir: string, kind: TinyKind = "meta", id = "warm"): Promise<void> {
  await writeTinyModel(dir, kind, id);
  const [graph, words] = [heatMapGraph(), tokenizer()];
  const own = JSON.parse(await readFile(join(dir, "manifest.json"), "utf8"));
  const manifest = Manifest.parse({
    ...own,
    graphs: { ...own.graphs, heatMap: weightsOf("heat-map.onnx", graph) },
    heatMap: {
      input: INPUT,
      text: { tokenizer: weightsOf("tokenizer.json", words), template: TEMPLATE },
    },
  });
  await writeBrought(dir, { manifest, files: { "heat-map.onnx": graph, "tokenizer.json": words } });
}
