/**
 * Random-weight graphs with the exact signatures of the contracts. Their masks are discs around foreground points, minus
 * discs around background ones, plus the box, shifted by the picture: wrong coordinates or labels give a wrong mask.
 */

import { type GraphBuilder, graphBuilder } from "./onnx-writer.ts";

const LOGITS = 256;

/** Radius of a click's disc as a share of the model's square, for mask 0; see `GAIN`. */
export const TINY_RADIUS = 0.1;

/** By mask: gain on the prompts. The three candidates are a part, the thing, and more than it. */
const GAIN = [1, 0.5, 1.2, 3];
const BIAS = -4;

function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

function weights(seed: number, count: number, size: number): Float32Array {
  const next = random(seed);
  return Float32Array.from({ length: count }, () => next() * size);
}

/** 1×1 convolution with random weights. */
function mix(g: GraphBuilder, from: string, inputs: number, outputs: number, seed: number, size = 1): string {
  const kernel = g.constant(weights(seed, inputs * outputs, size / Math.sqrt(inputs)), [outputs, inputs, 1, 1]);
  return g.op("Conv", [from, kernel], { kernel_shape: [1, 1] });
}

const pool = (g: GraphBuilder, from: string, factor: number) =>
  g.op("AveragePool", [from], { kernel_shape: [factor, factor], strides: [factor, factor] });

const enlarge = (g: GraphBuilder, from: string, factor: number) =>
  g.op("Resize", [from, "", g.constant([1, 1, factor, factor])], {
    mode: "nearest",
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  });

const gathered = (g: GraphBuilder, from: string, axis: number, index: number) =>
  g.op("Gather", [from, g.ints(index)], { axis });

const grid = (g: GraphBuilder) => g.constant(Float32Array.from({ length: LOGITS }, (_, i) => (i + 0.5) / LOGITS));

/** `[1, 2, 2]` corners (corner, axis) in 0…1 → soft box `[1, L, L]`; equal corners give nothing. */
function boxMap(g: GraphBuilder, corners: string): string {
  const from = g.op("Sub", [grid(g), g.op("Unsqueeze", [corners, g.ints([3])])]);
  const edges = g.op("Sigmoid", [g.op("Mul", [from, g.constant([400], [1])])]);
  const inside = g.op("Sub", [gathered(g, edges, 1, 0), gathered(g, edges, 1, 1)]);
  const rows = g.op("Unsqueeze", [gathered(g, inside, 1, 1), g.ints([2])]);
  const columns = g.op("Unsqueeze", [gathered(g, inside, 1, 0), g.ints([1])]);
  return g.op("Mul", [rows, columns]);
}

/** Points `[1, N, 2]` in 0…1 and kinds `[1, N, 4]` → discs `[1, L, L]`, + for foreground, − for background. */
function clickMap(g: GraphBuilder, points: string, kinds: string): string {
  const apart = g.op("Sub", [g.op("Unsqueeze", [points, g.ints([3])]), grid(g)]);
  const rate = g.constant([-Math.log(3) / TINY_RADIUS ** 2], [1]);
  const bells = g.op("Exp", [g.op("Mul", [g.op("Mul", [apart, apart]), rate])]);
  const signs = g.op("MatMul", [kinds, g.constant([1, -1, 0, 0], [4, 1])]);
  const rows = g.op("Mul", [gathered(g, bells, 2, 1), signs]);
  return g.op("MatMul", [g.op("Transpose", [rows], { perm: [0, 2, 1] }), gathered(g, bells, 2, 0)]);
}

interface PromptInputs {
  /** `[1, N, 2]`, pixel centres of a square of `size`. */
  readonly coords: string;
  /** `[1, N]` float. */
  readonly labels: string;
  /** `[1, 2, 2]` corners where the graph takes boxes apart from points. */
  readonly corners?: string;
  readonly size: number;
}

/** Prompts → `[1, 1, L, L]`: 12 at a foreground click, −12 at a background one, 8 in the box. */
function promptMap(g: GraphBuilder, { coords, labels, corners, size }: PromptInputs): string {
  const unit = (from: string) => g.op("Mul", [g.op("Add", [from, g.constant([0.5])]), g.constant([1 / size])]);
  const points = unit(coords);
  const equal = g.op("Equal", [g.op("Unsqueeze", [labels, g.ints([2])]), g.constant([1, 0, 2, 3])]);
  const kinds = g.op("Cast", [equal], { to: 1 });
  const clicks = g.op("Mul", [clickMap(g, points, kinds), g.constant([12])]);
  const byKind = () => g.op("MatMul", [g.op("Transpose", [kinds], { perm: [0, 2, 1] }), points]);
  const ends = corners ? unit(corners) : g.op("Slice", [byKind(), g.ints([2]), g.ints([4]), g.ints([1])]);
  const box = g.op("Mul", [boxMap(g, ends), g.constant([8])]);
  return g.op("Unsqueeze", [g.op("Add", [clicks, box]), g.ints([1])]);
}

/** `[1, 1, L, L]` prompts and `[1, M, L, L]` picture → logits and predicted IoU `[1, M]`. */
function masks(g: GraphBuilder, prompts: string, picture: string, gains: readonly number[], more: string[] = []) {
  const gained = g.op("Mul", [prompts, g.constant(gains.slice(), [1, gains.length, 1, 1])]);
  const terms = [picture, g.constant([BIAS]), ...more];
  const logits = terms.reduce((sum, term) => g.op("Add", [sum, term]), gained);
  const peak = g.op("ReduceMax", [logits], { axes: [2, 3], keepdims: 0 });
  const ious = g.op("Sigmoid", [g.op("Mul", [peak, g.constant(gains.map((gain) => 0.2 / gain))])]);
  return { logits, ious };
}

/** `[1, C, h, h]` embedding → `[1, M, L, L]` in ±½. */
function pictureMap(g: GraphBuilder, embedding: string, channels: number, side: number, count: number, seed: number) {
  const small = g.op("Tanh", [mix(g, embedding, channels, count, seed)]);
  return enlarge(g, g.op("Mul", [small, g.constant([0.5])]), LOGITS / side);
}

/** image `[B, 3, S, S]` → `[B, C, S/16, S/16]`, at least 0. */
export function tinyEncoder(size: number, channels: number, names = { input: "image", output: "image_embeddings" }) {
  const g = graphBuilder();
  const image = g.input(names.input, ["batch", 3, size, size]);
  const side = size / 16;
  g.output(names.output, g.op("Relu", [mix(g, pool(g, image, 16), 3, channels, 1)]), ["batch", channels, side, side]);
  return g.model();
}

/** image and embedding → `features` `[1, 4, 64, 64]`. */
export function tinyPrepare() {
  const g = graphBuilder();
  const image = g.input("image", [1, 3, 512, 512]);
  const embedding = g.input("image_embeddings", [1, 128, 32, 32]);
  const fine = mix(g, pool(g, image, 8), 3, 4, 2);
  g.output("features", g.op("Add", [fine, enlarge(g, mix(g, embedding, 128, 4, 3), 2)]), [1, 4, 64, 64]);
  return g.model();
}

function previousMap(g: GraphBuilder) {
  const mask = g.input("mask_input", [1, 1, LOGITS, LOGITS]);
  return g.op("Mul", [mask, g.input("has_mask_input", [1])]);
}

/** Our contract: previous logits, text, context and presence beside the points. */
export function tinyPromptomyDecoder() {
  const g = graphBuilder();
  const embedding = g.input("image_embeddings", [1, 128, 32, 32]);
  const features = enlarge(g, g.op("Tanh", [g.input("features", [1, 4, 64, 64])]), 4);
  const coords = g.input("point_coords", [1, "points", 2]);
  const labels = g.input("point_labels", [1, "points"]);
  const previous = previousMap(g);
  const text = g.op("ReduceMean", [g.input("text_embeddings", [1, "words", 128])], { axes: [1], keepdims: 0 });
  const said = g.op("Mul", [text, g.input("has_text", [1])]);
  const context = g.op("MatMul", [g.input("context", [1, 10]), g.constant(weights(4, 40, 0.5), [10, 4])]);
  const named = g.op("Add", [context, g.op("MatMul", [said, g.constant(weights(5, 512, 1), [128, 4])])]);
  const shift = g.op("Reshape", [named, g.ints([1, 4, 1, 1])]);
  const picture = g.op("Add", [pictureMap(g, embedding, 128, 32, 4, 6), features]);
  const prompts = promptMap(g, { coords, labels, size: 512 });
  const { logits, ious } = masks(g, prompts, picture, GAIN, [previous, shift]);
  g.output("low_res_masks", logits, [1, 4, LOGITS, LOGITS]);
  g.output("iou_predictions", ious, [1, 4]);
  const there = g.op("MatMul", [said, g.constant(weights(7, 128, 4), [128, 1])]);
  g.output("presence", g.op("Sigmoid", [g.op("Reshape", [there, g.ints([1])])]), [1]);
  return g.model();
}

/** token_ids `[1, L]` → `[1, 1, 128]`: the mean of hashed rows. */
export function tinyTextEncoder() {
  const g = graphBuilder();
  const ids = g.input("token_ids", [1, "tokens"], "int64");
  const rows = g.op("Gather", [g.constant(weights(8, 4096 * 8, 1), [4096, 8]), ids], { axis: 0 });
  const mean = g.op("ReduceMean", [rows], { axes: [1], keepdims: 1 });
  g.output("text_embeddings", g.op("MatMul", [mean, g.constant(weights(9, 8 * 128, 1), [8, 128])]), [1, 1, 128]);
  return g.model();
}

/** Meta's decoder signature at 1024, with the full-size `masks` that nobody should have to wait for. */
export function tinyMetaDecoder() {
  const g = graphBuilder();
  const picture = pictureMap(g, g.input("image_embeddings", [1, 256, 64, 64]), 256, 64, 4, 6);
  const coords = g.input("point_coords", [1, "num_points", 2]);
  const labels = g.input("point_labels", [1, "num_points"]);
  const previous = previousMap(g);
  const size = g.op("Cast", [g.input("orig_im_size", [2])], { to: 7 });
  const { logits, ious } = masks(g, promptMap(g, { coords, labels, size: 1024 }), picture, GAIN, [previous]);
  const target = g.op("Concat", [g.ints([1, 4]), size], { axis: 0 });
  g.output("masks", g.op("Resize", [logits, "", "", target], { mode: "linear" }), [1, 4, "height", "width"]);
  g.output("iou_predictions", ious, [1, 4]);
  g.output("low_res_masks", logits, [1, 4, LOGITS, LOGITS]);
  return g.model();
}

/** Points of the transformers.js export: `[1, P, N, 2]` and int64 `[1, P, N]`. */
function batchedPoints(g: GraphBuilder) {
  const points = g.input("input_points", [1, 1, "points", 2]);
  const labels = g.input("input_labels", [1, 1, "points"], "int64");
  return {
    coords: g.op("Squeeze", [points, g.ints([1])]),
    labels: g.op("Cast", [g.op("Squeeze", [labels, g.ints([1])])], { to: 1 }),
    size: 1024,
  };
}

function batchedMasks(g: GraphBuilder, prompts: PromptInputs, picture: string) {
  const { logits, ious } = masks(g, promptMap(g, prompts), picture, GAIN.slice(1));
  g.output("iou_scores", g.op("Unsqueeze", [ious, g.ints([1])]), [1, 1, 3]);
  g.output("pred_masks", g.op("Unsqueeze", [logits, g.ints([1])]), [1, 1, 3, LOGITS, LOGITS]);
}

/** transformers.js `prompt_encoder_mask_decoder` of SAM: points only, positional embeddings beside the others. */
export function tinySamPromptDecoder() {
  const g = graphBuilder();
  const embedding = g.input("image_embeddings", [1, 256, 64, 64]);
  const both = g.op("Add", [embedding, g.input("image_positional_embeddings", [1, 256, 64, 64])]);
  batchedMasks(g, batchedPoints(g), pictureMap(g, both, 256, 64, 3, 6));
  return g.model();
}

/** transformers.js `vision_encoder` of SAM. */
export function tinySamVisionEncoder() {
  const g = graphBuilder();
  const pooled = pool(g, g.input("pixel_values", ["batch", 3, 1024, 1024]), 16);
  g.output("image_embeddings", mix(g, pooled, 3, 256, 1), ["batch", 256, 64, 64]);
  g.output("image_positional_embeddings", mix(g, pooled, 3, 256, 2), ["batch", 256, 64, 64]);
  return g.model();
}

const SAM2_MAPS = [
  { channels: 32, side: 256 },
  { channels: 64, side: 128 },
  { channels: 256, side: 64 },
];

/** transformers.js `vision_encoder` of SAM 2: three feature maps. */
export function tinySam2VisionEncoder() {
  const g = graphBuilder();
  const image = g.input("pixel_values", ["batch", 3, 1024, 1024]);
  SAM2_MAPS.forEach(({ channels, side }, i) => {
    const map = mix(g, pool(g, image, 1024 / side), 3, channels, i + 1);
    g.output(`image_embeddings.${i}`, map, ["batch", channels, side, side]);
  });
  return g.model();
}

/** transformers.js `prompt_encoder_mask_decoder` of SAM 2: boxes of their own, three maps, an object score. */
export function tinySam2PromptDecoder() {
  const g = graphBuilder();
  const points = batchedPoints(g);
  const boxes = g.op("ReduceSum", [g.input("input_boxes", [1, "boxes", 4]), g.ints([1])], { keepdims: 0 });
  const corners = g.op("Reshape", [boxes, g.ints([1, 2, 2])]);
  const pictures = SAM2_MAPS.map(({ channels, side }, i) =>
    pictureMap(g, g.input(`image_embeddings.${i}`, [1, channels, side, side]), channels, side, 3, 6 + i),
  );
  batchedMasks(
    g,
    { ...points, corners },
    pictures.reduce((sum, map) => g.op("Add", [sum, map])),
  );
  g.output("object_score_logits", g.constant([3], [1, 1, 1]), [1, 1, 1]);
  return g.model();
}

/** EfficientSAM's decoder: queries in a batch, coordinates of an image of `orig_im_size`. */
export function tinyEfficientSamDecoder() {
  const g = graphBuilder();
  const picture = pictureMap(g, g.input("image_embeddings", ["batch", 256, 64, 64]), 256, 64, 3, 6);
  const points = g.op("Squeeze", [g.input("batched_point_coords", [1, 1, "num_points", 2]), g.ints([1])]);
  const labels = g.op("Squeeze", [g.input("batched_point_labels", [1, 1, "num_points"]), g.ints([1])]);
  const size = g.op("Cast", [g.input("orig_im_size", [2], "int64")], { to: 1 });
  const coords = g.op("Mul", [g.op("Div", [points, size]), g.constant([LOGITS])]);
  const { logits, ious } = masks(g, promptMap(g, { coords, labels, size: LOGITS }), picture, GAIN.slice(1));
  g.output("output_masks", g.op("Unsqueeze", [logits, g.ints([1])]), [1, 1, 3, LOGITS, LOGITS]);
  g.output("iou_predictions", g.op("Unsqueeze", [ious, g.ints([1])]), [1, 1, 3]);
  return g.model();
}
