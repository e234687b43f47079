/** Free text → token ids of the embedded model's text encoder; `models/training/net/text.py` is the same in Python. */

const VOCABULARY_SIZE = 4096;
const MAX_TOKENS = 64;

/** 32-bit FNV-1a of an ASCII text. */
function fnv1a(text: string): number {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  return hash >>> 0;
}

const idOf = (token: string) => 1 + (fnv1a(token) % (VOCABULARY_SIZE - 1));

function tokensOf(word: string): string[] {
  const marked = `^${word}$`;
  return [`#${word}`, ...Array.from({ length: marked.length - 2 }, (_, i) => marked.slice(i, i + 3))];
}

/** Ids `[L]`, 1 ≤ L ≤ 64: each accent-free lower-case word, then its trigrams, hashed; `[0]` for a text without words. */
export function tokenise(text: string): BigInt64Array<ArrayBuffer> {
  const plain = text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase();
  const words = plain.split(/[^a-z0-9]+/).filter((word) => word !== "");
  const ids = words.flatMap((word) => tokensOf(word).map(idOf)).slice(0, MAX_TOKENS);
  return BigInt64Array.from(ids.length > 0 ? ids : [0], BigInt);
}
