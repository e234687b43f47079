import { describe, expect, test } from "vitest";
import { type EmbeddingKey, embeddingKeyText } from "../../../core/embedding/key.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const key: EmbeddingKey = {
  tenant: "a",
  pixels: digest("1"),
  plane: "axial",
  slice: 3,
  window: { center: 40, width: 400 },
  crop: null,
  encoder: digest("2"),
  preprocess: 1,
};

describe("embeddingKeyText", () => {
  const variants: readonly [string, Partial<EmbeddingKey>][] = [
    ["tenant", { tenant: "b" }],
    ["pixels", { pixels: digest("3") }],
    ["plane", { plane: "native" }],
    ["slice", { slice: 4 }],
    ["window centre", { window: { center: 41, width: 400 } }],
    ["window width", { window: { center: 40, width: 401 } }],
    ["no window", { window: null }],
    ["crop", { crop: { x0: 0, y0: 0, x1: 8, y1: 8 } }],
    ["encoder", { encoder: digest("4") }],
    ["preprocessing", { preprocess: 2 }],
  ];

  test.each(variants)("another %s is another key", (_, change) => {
    expect(embeddingKeyText({ ...key, ...change })).not.toBe(embeddingKeyText(key));
  });

  test("all variants differ from each other", () => {
    expect(new Set(variants.map(([, change]) => embeddingKeyText({ ...key, ...change }))).size).toBe(variants.length);
  });

  test("the same request in another order of fields is the same key", () => {
    const reversed = Object.fromEntries(Object.entries(key).reverse()) as unknown as EmbeddingKey;
    expect(embeddingKeyText({ ...reversed, window: { width: 400, center: 40 } })).toBe(embeddingKeyText(key));
  });

  test("a tenant cannot pass for another by quoting", () => {
    expect(embeddingKeyText({ ...key, tenant: 'a","sha256:' })).not.toContain('["embedding","a","sha256:');
  });

  test("refuses what JSON would write as null", () => {
    expect(() => embeddingKeyText({ ...key, window: { center: Number.NaN, width: 1 } })).toThrow(RangeError);
  });
});
