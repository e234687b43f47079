/**
 * Yardsticks with random weights: a ViT-Tiny encoder at 1024 px (192 channels, 12 layers, windows of 16 with 4 global
 * layers: the class of MobileSAM) and SAM's mask decoder (256 channels, 64×64 tokens, two-way transformer of 2 layers;
 * Kirillov et al. 2023). Their masks mean nothing; their time and memory are what such a model costs.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../server/disk/sha256.ts";
import { type GraphBuilder, graphBuilder } from "../test/support/onnx-writer.ts";

export const SAM_SHAPED = "sam-shaped";

const SIZE = 1024;
const GRID = SIZE / 16;
const TOKENS = GRID * GRID;

interface Net extends GraphBuilder {
  linear(from: string, inputs: number, outputs: number): string;
  conv(from: string, inputs: number, outputs: number, side: number, stride?: number): string;
  norm(from: string, width: number): string;
  gelu(from: string): string;
  add(a: string, b: string): string;
}

/** Weights of variance 1/inputs from a linear congruential generator, so that activations stay finite. */
function net(): Net {
  const g = graphBuilder();
  let state = 1;
  const weights = (count: number, inputs: number) =>
    Float32Array.from({ length: count }, () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state / 2 ** 31 - 1) * Math.sqrt(3 / inputs);
    });
  const add = (a: string, b: string) => g.op("Add", [a, b]);
  return {
    ...g,
    add,
    linear: (from, inputs, outputs) =>
      add(
        g.op("MatMul", [from, g.constant(weights(inputs * outputs, inputs), [inputs, outputs])]),
        g.constant(new Float32Array(outputs)),
      ),
    conv: (from, inputs, outputs, side, stride = 1) => {
      const kernel = g.constant(weights(inputs * outputs * side * side, inputs * side * side), [
        outputs,
        inputs,
        side,
        side,
      ]);
      const pad = stride === 1 ? (side - 1) / 2 : 0;
      return g.op("Conv", [from, kernel], {
        kernel_shape: [side, side],
        strides: [stride, stride],
        pads: [pad, pad, pad, pad],
      });
    },
    norm: (from, width) =>
      g.op("LayerNormalization", [
        from,
        g.constant(new Float32Array(width).fill(1)),
        g.constant(new Float32Array(width)),
      ]),
    gelu: (from) => {
      const erf = g.op("Erf", [g.op("Mul", [from, g.constant([Math.SQRT1_2])])]);
      return g.op("Mul", [from, g.op("Mul", [add(erf, g.constant([1])), g.constant([0.5])])]);
    },
  };
}

interface Attention {
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly width: number;
  /** Channels inside; SAM halves them in cross attention. */
  readonly inner: number;
  readonly heads: number;
}

/** Multi-head attention on `[batch, tokens, width]`. */
function attention(g: Net, { query, key, value, width, inner, heads }: Attention): string {
  const split = (from: string, perm: number[]) => {
    const projected = g.op("Reshape", [g.linear(from, width, inner), g.ints([0, -1, heads, inner / heads])]);
    return g.op("Transpose", [projected], { perm });
  };
  const scores = g.op("MatMul", [split(query, [0, 2, 1, 3]), split(key, [0, 2, 3, 1])]);
  const scaled = g.op("Mul", [scores, g.constant([1 / Math.sqrt(inner / heads)])]);
  const mixed = g.op("MatMul", [g.op("Softmax", [scaled], { axis: -1 }), split(value, [0, 2, 1, 3])]);
  const joined = g.op("Reshape", [g.op("Transpose", [mixed], { perm: [0, 2, 1, 3] }), g.ints([0, -1, inner])]);
  return g.linear(joined, inner, width);
}

/** `[1, 4096, C]` ↔ `[16, 256, C]`: windows of 16×16 tokens. */
function windows(g: Net, from: string, width: number, join: boolean): string {
  const [rows, side] = [GRID / 16, 16];
  const parts = join ? [rows, rows, side, side, width] : [rows, side, rows, side, width];
  const moved = g.op("Transpose", [g.op("Reshape", [from, g.ints(parts)])], { perm: [0, 2, 1, 3, 4] });
  return g.op("Reshape", [moved, g.ints(join ? [1, TOKENS, width] : [rows * rows, side * side, width])]);
}

function encoderGraph(): Uint8Array<ArrayBuffer> {
  const g = net();
  const width = 192;
  const patches = g.conv(g.input("image", [1, 3, SIZE, SIZE]), 3, width, 16, 16);
  let x = g.op("Transpose", [g.op("Reshape", [patches, g.ints([1, width, TOKENS])])], { perm: [0, 2, 1] });
  for (let layer = 0; layer < 12; layer++) {
    const global = layer % 3 === 2;
    const normed = g.norm(x, width);
    const tokens = global ? normed : windows(g, normed, width, false);
    const mixed = attention(g, { query: tokens, key: tokens, value: tokens, width, inner: width, heads: 3 });
    x = g.add(x, global ? mixed : windows(g, mixed, width, true));
    x = g.add(x, g.linear(g.gelu(g.linear(g.norm(x, width), width, 4 * width)), 4 * width, width));
  }
  const map = g.op("Reshape", [g.op("Transpose", [x], { perm: [0, 2, 1] }), g.ints([1, width, GRID, GRID])]);
  const neck = g.conv(g.conv(map, width, 256, 1), 256, 256, 3);
  g.output("image_embeddings", neck, [1, 256, GRID, GRID]);
  return g.model();
}

const WIDTH = 256;

/** Points as random Fourier features of their place plus a row for their label: `[1, 5 + N, 256]` with the output tokens. */
function promptTokens(g: Net): string {
  const points = g.input("point_coords", [1, "num_points", 2]);
  const unit = g.op("Mul", [g.add(points, g.constant([0.5])), g.constant([2 / SIZE])]);
  const phase = g.linear(g.add(unit, g.constant([-1])), 2, WIDTH / 2);
  const place = g.op("Concat", [g.op("Sin", [phase]), g.op("Cos", [phase])], { axis: 2 });
  const label = g.op("Unsqueeze", [g.input("point_labels", [1, "num_points"]), g.ints([2])]);
  const sparse = g.add(place, g.linear(label, 1, WIDTH));
  const outputs = g.constant(
    Float32Array.from({ length: 5 * WIDTH }, (_, i) => Math.sin(i)),
    [1, 5, WIDTH],
  );
  return g.op("Concat", [outputs, sparse], { axis: 1 });
}

/** SAM's TwoWayTransformer: tokens attend to themselves and to the image, the image to the tokens. */
function twoWay(g: Net, tokens: string, image: string): { tokens: string; image: string } {
  const cross = { width: WIDTH, inner: WIDTH / 2, heads: 8 };
  for (let layer = 0; layer < 2; layer++) {
    const self = attention(g, { query: tokens, key: tokens, value: tokens, width: WIDTH, inner: WIDTH, heads: 8 });
    tokens = g.norm(g.add(tokens, self), WIDTH);
    tokens = g.norm(g.add(tokens, attention(g, { query: tokens, key: image, value: image, ...cross })), WIDTH);
    const hidden = g.op("Relu", [g.linear(tokens, WIDTH, 2048)]);
    tokens = g.norm(g.add(tokens, g.linear(hidden, 2048, WIDTH)), WIDTH);
    image = g.norm(g.add(image, attention(g, { query: image, key: tokens, value: tokens, ...cross })), WIDTH);
  }
  const last = attention(g, { query: tokens, key: image, value: image, ...cross });
  return { tokens: g.norm(g.add(tokens, last), WIDTH), image };
}

function upscaled(g: Net, image: string): string {
  const map = g.op("Reshape", [g.op("Transpose", [image], { perm: [0, 2, 1] }), g.ints([1, WIDTH, GRID, GRID])]);
  const up = (from: string, inputs: number, outputs: number) =>
    g.gelu(
      g.op(
        "ConvTranspose",
        [
          from,
          g.constant(
            Float32Array.from({ length: inputs * outputs * 4 }, (_, i) => Math.sin(i * 1.7) / Math.sqrt(inputs)),
            [inputs, outputs, 2, 2],
          ),
        ],
        { kernel_shape: [2, 2], strides: [2, 2] },
      ),
    );
  return up(up(map, WIDTH, 64), 64, 32);
}

/** Three linear layers, as SAM's hypernetworks and its IoU head. */
function mlp(g: Net, from: string, outputs: number): string {
  const first = g.op("Relu", [g.linear(from, WIDTH, WIDTH)]);
  return g.linear(g.op("Relu", [g.linear(first, WIDTH, WIDTH)]), WIDTH, outputs);
}

function decoderGraph(): Uint8Array<ArrayBuffer> {
  const g = net();
  const embedding = g.input("image_embeddings", [1, WIDTH, GRID, GRID]);
  const mask = g.op("Mul", [g.input("mask_input", [1, 1, 256, 256]), g.input("has_mask_input", [1])]);
  const coarse = g.conv(g.gelu(g.conv(g.gelu(g.conv(mask, 1, 4, 2, 2)), 4, 16, 2, 2)), 16, WIDTH, 1);
  const source = g.op("Reshape", [g.add(embedding, coarse), g.ints([1, WIDTH, TOKENS])]);
  const flat = g.op("Transpose", [source], { perm: [0, 2, 1] });
  const { tokens, image } = twoWay(g, promptTokens(g), flat);
  const pick = (index: number) => g.op("Gather", [tokens, g.ints([index])], { axis: 1 });
  const heads = [1, 2, 3, 4].map((index) => mlp(g, pick(index), 32));
  const pixels = g.op("Reshape", [upscaled(g, image), g.ints([1, 32, 256 * 256])]);
  const logits = g.op("MatMul", [g.op("Concat", heads, { axis: 1 }), pixels]);
  g.output("low_res_masks", g.op("Reshape", [logits, g.ints([1, 4, 256, 256])]), [1, 4, 256, 256]);
  g.output("iou_predictions", g.op("Sigmoid", [g.op("Reshape", [mlp(g, pick(0), 4), g.ints([1, 4])])]), [1, 4]);
  return g.model();
}

/** Writes the yardstick as a model folder (Meta's contract), so that server and browser run it like any other model. */
export async function writeSamShaped(dir: string): Promise<void> {
  const files = { "encoder.onnx": encoderGraph(), "decoder.onnx": decoderGraph() };
  const graph = (path: keyof typeof files) => ({
    path,
    bytes: files[path].length,
    digest: sha256(files[path]),
  });
  const manifest = {
    id: SAM_SHAPED,
    version: "0.0.1",
    name: "SAM-shaped yardstick",
    licence: "Apache-2.0",
    intendedUse: "Benchmarks: random weights.",
    modalities: [],
    contract: "meta",
    input: {
      size: SIZE,
      mean: [123.675, 116.28, 103.53],
      std: [58.395, 57.12, 57.375],
      resize: "longest-side",
      pad: "bottom-right",
    },
    embedding: { shape: [WIDTH, GRID, GRID], wire: "f16" },
    logits: { size: 256, threshold: 0 },
    prompts: ["point", "box", "scribble", "mask"],
    graphs: { encoder: graph("encoder.onnx"), decoder: graph("decoder.onnx") },
  };
  await mkdir(dir, { recursive: true });
  await Promise.all(
    Object.entries({ ...files, "manifest.json": JSON.stringify(manifest) }).map(([name, data]) =>
      writeFile(join(dir, name), data),
    ),
  );
}
