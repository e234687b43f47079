import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../../core/errors.ts";
import { readSafetensors, writeSafetensors } from "../../../core/tensor/safetensors.ts";
import { float32, type Tensor } from "../../../core/tensor/session.ts";
import { thrownBy } from "../../support/slices.ts";

/** A file from a header in plain text, for what the writer would never write. */
function raw(header: unknown, data = 0, length?: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const out = new Uint8Array(8 + json.length + data);
  new DataView(out.buffer).setBigUint64(0, BigInt(length ?? json.length), true);
  out.set(json, 8);
  return out;
}

const entry = (begin: number, end: number, more: object = {}) => ({
  dtype: "U8",
  shape: [end - begin],
  data_offsets: [begin, end],
  ...more,
});

const thrown = (bytes: Uint8Array) => thrownBy(() => readSafetensors(bytes));

const tensors: fc.Arbitrary<Tensor> = fc.oneof(
  fc.float32Array({ maxLength: 20 }).map((data): Tensor => ({ type: "float32", data, dims: [data.length] })),
  fc.uint16Array({ maxLength: 20 }).map((data): Tensor => ({ type: "float16", data, dims: [1, data.length] })),
  fc.int8Array({ maxLength: 20 }).map((data): Tensor => ({ type: "int8", data, dims: [data.length, 1] })),
  fc.uint8Array({ maxLength: 20 }).map((data): Tensor => ({ type: "uint8", data, dims: [data.length] })),
  fc.bigInt64Array({ maxLength: 20 }).map((data): Tensor => ({ type: "int64", data, dims: [data.length] })),
);

describe("safetensors", () => {
  test("reads back what it wrote: names, types, shapes, bits and metadata", () => {
    const name = fc.string({ unit: "binary", maxLength: 12 }).filter((s) => s !== "__metadata__" && s !== "__proto__");
    const file = fc.tuple(
      fc.dictionary(name, tensors, { maxKeys: 5, noNullPrototype: true }),
      fc.dictionary(name, fc.string({ unit: "binary" }), { noNullPrototype: true }),
    );
    fc.assert(
      fc.property(file, ([written, metadata]) => {
        const read = readSafetensors(writeSafetensors(written, metadata));
        expect(read.tensors).toEqual(written);
        expect(read.metadata).toEqual(metadata);
      }),
    );
  });

  test("gives the same bytes whatever the order of the keys", () => {
    const [a, b] = [float32(Float32Array.of(1, 2), [2]), float32(Float32Array.of(3), [1])];
    expect(writeSafetensors({ b, a }, { y: "1", x: "2" })).toEqual(writeSafetensors({ a, b }, { x: "2", y: "1" }));
  });

  test("aligns every tensor to its type", () => {
    const bytes = writeSafetensors({
      a: { type: "uint8", data: Uint8Array.of(1, 2, 3), dims: [3] },
      z: float32(Float32Array.of(1), [1]),
    });
    const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(header % 8).toBe(0);
    expect(bytes.length).toBe(8 + header + 4 + 3);
    expect(new DataView(bytes.buffer).getFloat32(8 + header, true)).toBe(1);
  });

  test("reads an unaligned view of a larger buffer", () => {
    const bytes = writeSafetensors({ x: float32(Float32Array.of(1.5, -2), [2]) });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(readSafetensors(shifted.subarray(3)).tensors.x?.data).toEqual(Float32Array.of(1.5, -2));
  });

  test.each([
    ["nothing", new Uint8Array(0)],
    ["half a length", new Uint8Array(7)],
    ["a header longer than the file", raw({}, 0, 100)],
    ["no JSON", raw("{nonsense")],
    ["JSON that is no object", raw("[1]")],
    ["malformed UTF-8", Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0x28)],
    ["a hole before the data", raw({ a: entry(4, 8) }, 8)],
    ["a hole between tensors", raw({ a: entry(0, 2), b: entry(4, 8) }, 8)],
    ["an overlap", raw({ a: entry(0, 4), b: entry(2, 6) }, 6)],
    ["two names for the same bytes", raw({ a: entry(0, 4), b: entry(0, 4) }, 4)],
    ["trailing bytes", raw({ a: entry(0, 4) }, 5)],
    ["data beyond the file", raw({ a: entry(0, 8) }, 4)],
    ["a shape that does not fit its bytes", raw({ a: entry(0, 4, { shape: [5] }) }, 4)],
    ["offsets that run backwards", raw({ a: { dtype: "U8", shape: [0], data_offsets: [4, 0] } }, 4)],
    ["a negative size", raw({ a: entry(0, 4, { shape: [-4] }) }, 4)],
    ["a size that is no integer", raw({ a: entry(0, 4, { shape: [1.5] }) }, 4)],
    ["a size over 2^53", raw({ a: entry(0, 4, { shape: [1e300, 0] }) }, 4)],
    ["an unknown type", raw({ a: entry(0, 4, { dtype: "F8_E4M3" }) }, 4)],
    ["a tensor that is a text", raw({ a: "x" })],
    ["metadata that are no texts", raw({ __metadata__: { a: 1 } })],
  ])("refuses %s", (_, bytes) => {
    expect(isSegmenterError(thrown(bytes), "MalformedFile")).toBe(true);
  });

  test("refuses a giant header before it reads it", () => {
    expect(isSegmenterError(thrown(raw({}, 0, 2 ** 52)), "TooLarge")).toBe(true);
    expect(isSegmenterError(thrown(raw(" ".repeat(70_000))), "TooLarge")).toBe(true);
  });

  test("a tensor called __proto__ pollutes nothing", () => {
    const { tensors: read } = readSafetensors(raw('{"__proto__":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', 1));
    expect(Object.keys(read)).toEqual(["__proto__"]);
    expect(({} as { dims?: unknown }).dims).toBeUndefined();
  });

  test("random bytes never throw anything but our own errors", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const result = thrown(bytes);
        if (result instanceof Error) expect(isSegmenterError(result)).toBe(true);
      }),
    );
  });

  test("refuses to write dims that do not fit the data", () => {
    expect(() => writeSafetensors({ x: float32(new Float32Array(3), [2]) })).toThrow(RangeError);
  });
});
