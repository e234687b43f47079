/** Random walker (L. Grady 2006, "Random walks for image segmentation") on a reduced grid, by conjugate gradients. */

import { createMask, type Mask } from "../../core/mask/mask.ts";
import type { Place } from "./distance.ts";
import type { Grey, Seeds } from "./grey.ts";

/** Longest side of the grid: 9 k unknowns, solved in a fraction of a second. */
const GRID_SIDE = 96;

/** Grady's free parameter, on squared grey differences normalised to 0…1. */
const BETA = 90;

/** Weight of an edge across the strongest step, so that no part of the grid is cut off. */
const LEAST_WEIGHT = 1e-6;

const RESIDUAL = 1e-3;
const MAX_STEPS = 2000;

/** Conductances of a grid; index n is the edge from cell n to its right (or lower) neighbour. */
interface Grid {
  readonly width: number;
  readonly height: number;
  readonly right: Float64Array;
  readonly down: Float64Array;
}

/**
 * Pixels from which a random walk meets a foreground seed first with a chance of over one half. Until something is
 * marked as background, the frame of the picture is: foreground alone would be everything.
 */
export function randomWalker(grey: Grey, seeds: Seeds): Mask {
  const small = reduced(grey);
  const fixed = boundary(small, grey, seeds);
  const chance = solve(conductances(small), fixed);
  return enlarged({ ...small, data: chance }, grey);
}

/** Mean grey of the pixels under each cell. */
function reduced({ width, height, data }: Grey): Grey {
  const scale = Math.min(1, GRID_SIDE / Math.max(width, height));
  const [columns, rows] = [Math.max(2, Math.round(width * scale)), Math.max(2, Math.round(height * scale))];
  const sums = new Float32Array(columns * rows);
  const counts = new Float32Array(columns * rows);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++) {
      const cell = row + Math.floor((x * columns) / width);
      sums[cell] += data[y * width + x];
      counts[cell]++;
    }
  }
  return { width: columns, height: rows, data: sums.map((sum, n) => (counts[n] > 0 ? sum / counts[n] : 0)) };
}

/** 1 at foreground seeds, 0 at background seeds, NaN where the walk is free. */
function boundary(small: Grey, full: Grey, { foreground, background }: Seeds): Float64Array {
  const { width, height } = small;
  const fixed = new Float64Array(width * height).fill(Number.NaN);
  if (background.length === 0) {
    for (let x = 0; x < width; x++) fixed[x] = fixed[(height - 1) * width + x] = 0;
    for (let y = 0; y < height; y++) fixed[y * width] = fixed[y * width + width - 1] = 0;
  }
  const cells = ({ x, y }: Place) => ({
    x: Math.floor(((x + 0.5) * width) / full.width),
    y: Math.floor(((y + 0.5) * height) / full.height),
  });
  // A seed of one cell hardly conducts: the eight around it belong to it unless another seed is there.
  const labelled = [
    ...background.map((at) => ({ ...cells(at), value: 0 })),
    ...foreground.map((at) => ({ ...cells(at), value: 1 })),
  ];
  for (const { x, y, value } of labelled) {
    for (let v = Math.max(y - 1, 0); v <= Math.min(y + 1, height - 1); v++) {
      for (let u = Math.max(x - 1, 0); u <= Math.min(x + 1, width - 1); u++) fixed[v * width + u] = value;
    }
  }
  for (const { x, y, value } of labelled) fixed[y * width + x] = value;
  return fixed;
}

/** Equation 1 of the paper, differences normalised by the largest. */
function conductances({ width, height, data }: Grey): Grid {
  const right = new Float64Array(data.length);
  const down = new Float64Array(data.length);
  let largest = 0;
  for (let n = 0; n < data.length; n++) {
    if (n % width < width - 1) right[n] = (data[n] - data[n + 1]) ** 2;
    if (n < width * (height - 1)) down[n] = (data[n] - data[n + width]) ** 2;
    largest = Math.max(largest, right[n], down[n]);
  }
  const weight = (square: number) => Math.exp((-BETA * square) / (largest || 1)) + LEAST_WEIGHT;
  for (let n = 0; n < data.length; n++) {
    right[n] = n % width < width - 1 ? weight(right[n]) : 0;
    down[n] = n < width * (height - 1) ? weight(down[n]) : 0;
  }
  return { width, height, right, down };
}

/** out = Laplacian × values. */
function laplacian({ width, right, down }: Grid, values: Float64Array, out: Float64Array) {
  out.fill(0);
  for (let n = 0; n < values.length; n++) {
    const across = right[n] > 0 ? right[n] * (values[n] - values[n + 1]) : 0;
    const below = down[n] > 0 ? down[n] * (values[n] - values[n + width]) : 0;
    out[n] += across + below;
    if (across !== 0) out[n + 1] -= across;
    if (below !== 0) out[n + width] -= below;
  }
}

function degrees({ width, right, down }: Grid): Float64Array {
  return right.map(
    (weight, n) => weight + down[n] + (n % width > 0 ? right[n - 1] : 0) + (n >= width ? down[n - width] : 0),
  );
}

/** Dirichlet problem L x = 0 with x given on the seeds: conjugate gradients, preconditioned by the diagonal. */
function solve(grid: Grid, fixed: Float64Array): Float32Array {
  const diagonal = degrees(grid);
  const x = fixed.map((value) => (Number.isNaN(value) ? 0 : value));
  const product = new Float64Array(x.length);
  laplacian(grid, x, product);
  const free = (n: number) => Number.isNaN(fixed[n]);
  const residual = product.map((value, n) => (free(n) ? -value : 0));
  const direction = residual.map((value, n) => value / diagonal[n]);
  let energy = dot(residual, direction);
  const enough = energy * RESIDUAL ** 2;
  for (let step = 0; step < MAX_STEPS && energy > enough; step++) {
    laplacian(grid, direction, product);
    const length = energy / dot(direction, product);
    for (let n = 0; n < x.length; n++) {
      x[n] += length * direction[n];
      if (free(n)) residual[n] -= length * product[n];
    }
    let next = 0;
    for (let n = 0; n < x.length; n++) next += residual[n] ** 2 / diagonal[n];
    for (let n = 0; n < x.length; n++) direction[n] = residual[n] / diagonal[n] + (next / energy) * direction[n];
    energy = next;
  }
  return Float32Array.from(x);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let n = 0; n < a.length; n++) sum += a[n] * b[n];
  return sum;
}

/** Bilinear, half-pixel centres; inside where the chance is over one half. */
function enlarged(small: Grey, { width, height }: Grey): Mask {
  const mask = createMask(width, height);
  const tap = (at: number, size: number) => {
    const place = Math.min(Math.max(at, 0), size - 1);
    const low = Math.min(Math.floor(place), size - 2);
    return { low, share: place - low };
  };
  for (let y = 0; y < height; y++) {
    const row = tap(((y + 0.5) * small.height) / height - 0.5, small.height);
    for (let x = 0; x < width; x++) {
      const column = tap(((x + 0.5) * small.width) / width - 0.5, small.width);
      const n = row.low * small.width + column.low;
      const upper = small.data[n] * (1 - column.share) + small.data[n + 1] * column.share;
      const next = n + small.width;
      const lower = small.data[next] * (1 - column.share) + small.data[next + 1] * column.share;
      mask.data[y * width + x] = upper * (1 - row.share) + lower * row.share > 0.5 ? 1 : 0;
    }
  }
  return mask;
}
