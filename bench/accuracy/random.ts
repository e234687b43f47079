/** A seeded generator: the same seed gives the same clicks on every machine, whatever was judged before. */
export interface Random {
  /** 0 ≤ u < 1. */
  uniform(): number;
  /** Whole number, 0 ≤ n < below. */
  integer(below: number): number;
  /** Standard normal. */
  normal(): number;
  shuffled<T>(items: readonly T[]): T[];
}

/** 32-bit FNV-1a of the UTF-16 units. */
function hash(text: string): number {
  let value = 2166136261;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 16777619);
  return value >>> 0;
}

/** Mulberry32 (T. Ettinger 2017) over the hash of a text. */
export function createRandom(seed: string): Random {
  let state = hash(seed);
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number) => Math.floor(uniform() * below);
  return {
    uniform,
    integer,
    // Box–Muller.
    normal: () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()),
    shuffled(items) {
      const out = [...items];
      for (let i = out.length - 1; i > 0; i--) {
        const j = integer(i + 1);
        [out[i], out[j]] = [out[j], out[i]];
      }
      return out;
    },
  };
}
