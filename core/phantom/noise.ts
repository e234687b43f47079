/** Seeded randomness for the phantom: a number stream and smooth noise in space. */

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
export type Random = () => number;

export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let n = Math.imul(state ^ (state >>> 15), state | 1);
    n = (n + Math.imul(n ^ (n >>> 7), n | 61)) ^ n;
    return ((n ^ (n >>> 14)) >>> 0) / 4294967296;
  };
}

/** Smooth value at a point of a lattice with unit spacing, −1 to 1, the same again after 32 units. */
export type Noise = (x: number, y: number, z: number) => number;

const BITS = 5;
const SIDE = 1 << BITS;
const WRAP = SIDE - 1;

/** Value noise: random numbers on a lattice, smooth-stepped between. */
export function createNoise(random: Random): Noise {
  const lattice = Float32Array.from({ length: SIDE ** 3 }, () => random() * 2 - 1);
  return (x, y, z) => {
    const x0 = Math.floor(x);
    const y0 = Math.floor(y);
    const z0 = Math.floor(z);
    const u = smooth(x - x0);
    const v = smooth(y - y0);
    const w = smooth(z - z0);
    const left = x0 & WRAP;
    const right = (x0 + 1) & WRAP;
    const row = (y0 & WRAP) << BITS;
    const nextRow = ((y0 + 1) & WRAP) << BITS;
    const layer = (z0 & WRAP) << (2 * BITS);
    const nextLayer = ((z0 + 1) & WRAP) << (2 * BITS);
    const a = mix(lattice[layer | row | left] ?? 0, lattice[layer | row | right] ?? 0, u);
    const b = mix(lattice[layer | nextRow | left] ?? 0, lattice[layer | nextRow | right] ?? 0, u);
    const c = mix(lattice[nextLayer | row | left] ?? 0, lattice[nextLayer | row | right] ?? 0, u);
    const d = mix(lattice[nextLayer | nextRow | left] ?? 0, lattice[nextLayer | nextRow | right] ?? 0, u);
    return mix(mix(a, b, v), mix(c, d, v), w);
  };
}

/** Samples of a texture a lattice unit, and a side of its tile. */
const STEPS = 4;
const TILE = 64;

/** The same noise ten times as fast and in steps of a quarter unit: good for textures, not for borders. */
export function createTexture(noise: Noise): Noise {
  const tile = new Float32Array(TILE ** 3);
  for (let n = 0; n < tile.length; n++) {
    tile[n] = noise((n % TILE) / STEPS, (Math.floor(n / TILE) % TILE) / STEPS, Math.floor(n / TILE ** 2) / STEPS);
  }
  return (x, y, z) => tile[(mirrored(z) * TILE + mirrored(y)) * TILE + mirrored(x)] ?? 0;
}

/** Runs to and fro along the tile, so that it has no seam. */
function mirrored(value: number): number {
  const step = Math.floor(value * STEPS) & (2 * TILE - 1);
  return step < TILE ? step : 2 * TILE - 1 - step;
}

export const mix = (a: number, b: number, t: number): number => a + (b - a) * t;

export const clamp = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));

/** 0 below `from`, 1 above `to`, smooth between. */
export const ramp = (value: number, from: number, to: number): number =>
  smooth(clamp((value - from) / (to - from), 0, 1));

function smooth(t: number): number {
  return t * t * (3 - 2 * t);
}
