import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asFloat32, decodeEmbedding, encodeEmbedding, transcodeEmbedding } from "../../../core/embedding/file.ts";
import { isSegmenterError } from "../../../core/errors.ts";
import { writeSafetensors } from "../../../core/tensor/safetensors.ts";
import { float32, type Tensor } from "../../../core/tensor/session.ts";
import { thrownBy } from "../../support/slices.ts";

const single = (values: readonly number[]): Record<string, Tensor> => ({
  image_embeddings: float32(Float32Array.from(values), [1, 2, values.length / 2, 1]),
});
const features = fc.array(fc.float({ min: 0, max: 50, noNaN: true }), { minLength: 8, maxLength: 8 });
const valuesOf = (bytes: Uint8Array) => asFloat32(decodeEmbedding(bytes).tensors.image_embeddings!);

describe("embedding file", () => {
  test("f32 is exact", () => {
    fc.assert(
      fc.property(features, (values) => {
        expect(valuesOf(encodeEmbedding(single(values), "f32"))).toEqual(Float32Array.from(values));
      }),
    );
  });

  test("f16 and i8 come back close, with names, shape and metadata", () => {
    fc.assert(
      fc.property(features, fc.constantFrom("f16" as const, "i8" as const), (values, wire) => {
        const { tensors, metadata } = decodeEmbedding(
          encodeEmbedding(single(values), wire, { model: "m", window: "40,400" }),
        );
        expect(metadata).toEqual({ model: "m", window: "40,400" });
        expect(Object.keys(tensors)).toEqual(["image_embeddings"]);
        expect(tensors.image_embeddings!.dims).toEqual([1, 2, 4, 1]);
        const back = asFloat32(tensors.image_embeddings!);
        for (const [i, value] of values.entries()) expect(Math.abs(back[i]! - value)).toBeLessThan(0.1);
      }),
    );
  });

  test("the same embedding gives the same bytes, so that a hit equals a miss", () => {
    const make = () => encodeEmbedding(single([1, 2, 3, 4, 5, 6, 7, 8]), "i8", { b: "1", a: "2" });
    expect(make()).toEqual(make());
  });

  test("int8 is a quarter of float32", () => {
    const tensors = { image_embeddings: float32(new Float32Array(128 * 1024).fill(1), [1, 128, 32, 32]) };
    expect(encodeEmbedding(tensors, "i8").length).toBeLessThan(133_000);
    expect(encodeEmbedding(tensors, "f32").length).toBeGreaterThan(524_000);
  });

  test("carries several maps, each with its own scale", () => {
    const tensors = {
      "image_embeddings.0": float32(Float32Array.of(0, 1, 2, 3), [1, 1, 2, 2]),
      "image_embeddings.1": float32(Float32Array.of(0, 100, 200, 300), [1, 2, 1, 2]),
    };
    const back = decodeEmbedding(encodeEmbedding(tensors, "i8")).tensors;
    expect(Object.keys(back).sort()).toEqual(Object.keys(tensors));
    expect(asFloat32(back["image_embeddings.1"]!)[3]).toBeCloseTo(300, 3);
    expect(asFloat32(back["image_embeddings.0"]!)[3]).toBeCloseTo(3, 5);
  });

  test("transcodes and keeps the metadata", () => {
    const stored = encodeEmbedding(single([0, 1, 2, 3, 4, 5, 6, 7]), "f32", { model: "m" });
    const small = transcodeEmbedding(stored, "i8");
    expect(small).toEqual(encodeEmbedding(single([0, 1, 2, 3, 4, 5, 6, 7]), "i8", { model: "m" }));
    expect(decodeEmbedding(small).metadata).toEqual({ model: "m" });
  });

  test("f16 keeps values over its range finite", () => {
    expect(valuesOf(encodeEmbedding(single([1e6, -1e6, 0, 0]), "f16")).slice(0, 2)).toEqual(
      Float32Array.of(65504, -65504),
    );
  });

  test("refuses int8 without its scale", () => {
    const bytes = writeSafetensors({ image_embeddings: { type: "int8", data: new Int8Array(4), dims: [1, 2, 2, 1] } });
    const error = thrownBy(() => decodeEmbedding(bytes));
    expect(isSegmenterError(error, "MalformedFile")).toBe(true);
  });
});
