/** IEEE 754 binary16 on bits, because `Float16Array` is younger than the runtimes we support. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

function halfOf(value: number): number {
  float[0] = value;
  const word = bits[0];
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000)
    return sign | Math.round(Math.abs(value) * 2 ** 24 - tieToEven(Math.abs(value) * 2 ** 24));
  const rounded = magnitude + 0xfff + ((magnitude >>> 13) & 1);
  return sign | ((rounded - 0x38000000) >>> 13);
}

/** 0.5 where `Math.round` would carry an exact half up to an odd number, else 0. */
function tieToEven(value: number): number {
  return value % 1 === 0.5 && Math.floor(value) % 2 === 0 ? 0.5 : 0;
}

function floatOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Float32 → binary16 bits, nearest even; too large becomes infinity. */
export function toFloat16(values: Float32Array, out = new Uint16Array(values.length)): Uint16Array<ArrayBuffer> {
  for (let i = 0; i < values.length; i++) out[i] = halfOf(values[i]);
  return out;
}

/** Binary16 bits → Float32, exact. */
export function fromFloat16(halves: Uint16Array, out = new Float32Array(halves.length)): Float32Array<ArrayBuffer> {
  for (let i = 0; i < halves.length; i++) out[i] = floatOf(halves[i]);
  return out;
}
