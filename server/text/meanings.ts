/** How near structures are to a text in meaning: by everything that they are called. */
import type { TextEncoder } from "./encoder.ts";

/** One thing that a structure is called. */
export interface Called {
  /** Id in the vocabulary. */
  readonly term: string;
  readonly text: string;
}

/** What structures are called, with a vector each. */
export interface Known {
  readonly called: readonly Called[];
  readonly vectors: readonly Float32Array[];
}

/** By id, those that stand out. */
export type Meaning = Readonly<Record<string, number>>;

/** Nearness below which a structure does not stand out of the others. */
const STANDS_OUT = 0.35;
/** As many may be suggested, and some for the image's kind to choose from. */
const MOST = 12;

/**
 * Cosine to the nearest thing that each structure is called. Encoders differ in how alike they find any two texts, so
 * that 0 is the mean over all names and 1 the same text.
 */
export function nearestOf(text: Float32Array, { called, vectors }: Known): Meaning {
  const cosines = vectors.map((vector) => dot(vector, text));
  const mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / Math.max(1, cosines.length);
  const best = new Map<string, number>();
  called.forEach(({ term }, n) => {
    const nearness = (cosines[n] - mean) / Math.max(1e-6, 1 - mean);
    if (nearness >= Math.max(STANDS_OUT, best.get(term) ?? 0)) best.set(term, Math.min(1, nearness));
  });
  return Object.fromEntries([...best].toSorted(([, a], [, b]) => b - a).slice(0, MOST));
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at] * b[at];
  return sum;
}

/** The vectors of everything that structures are called and that the encoder can read. */
export async function encodeCalled(called: readonly Called[], encoder: TextEncoder): Promise<Known> {
  const texts = [...new Set(called.map(({ text }) => text))];
  const encoded = await encoder.encode(texts);
  const byText = new Map(texts.map((text, n) => [text, encoded[n]]));
  const read = called.flatMap((one) => {
    const vector = byText.get(one.text);
    return vector ? [{ one, vector }] : [];
  });
  return { called: read.map(({ one }) => one), vectors: read.map(({ vector }) => vector) };
}
