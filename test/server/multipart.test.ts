import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundaryOf, readParts } from "../../server/multipart/multipart.ts";

const BOUNDARY = "----b0undary";
const encoder = new TextEncoder();

/** Cuts bytes at the given places, as a network does. */
async function* cut(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk.slice());
  return Buffer.concat(chunks);
}

async function partsOf(source: AsyncIterable<Uint8Array>, boundary = BOUNDARY) {
  const found: { name: string; bytes: number[] }[] = [];
  for await (const { name, body } of readParts(source, boundary))
    found.push({ name, bytes: [...(await collect(body))] });
  return found;
}

function write(parts: readonly { name: string; bytes: Uint8Array }[]): Uint8Array {
  const pieces = parts.flatMap(({ name, bytes }) => [
    encoder.encode(`--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="x"\r\n\r\n`),
    bytes,
    encoder.encode("\r\n"),
  ]);
  return Buffer.concat([...pieces, encoder.encode(`--${BOUNDARY}--`)]);
}

/** Bytes that look like delimiters now and then. */
const content = fc
  .array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.constantFrom("\r\n", "\r\n--", `\r\n--${BOUNDARY.slice(0, -1)}`, "--"),
    ),
    { maxLength: 8 },
  )
  .map((pieces) => Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? encoder.encode(piece) : piece))));

describe("readParts", () => {
  test("gives back what was written, wherever the network cuts", async () => {
    const parts = fc.array(fc.record({ name: fc.constantFrom("file", "image", "request"), bytes: content }), {
      maxLength: 4,
    });
    const sizes = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(parts, sizes, async (written, cuts) => {
        fc.pre(written.every(({ bytes }) => !Buffer.from(bytes).includes(`\r\n--${BOUNDARY}`)));
        const expected = written.map(({ name, bytes }) => ({ name, bytes: [...bytes] }));
        expect(await partsOf(cut(write(written), cuts))).toEqual(expected);
      }),
      { numRuns: 200, seed: 7 },
    );
  });

  test("reads what the platform's own FormData writes", async () => {
    const form = new FormData();
    form.append("request", '{"a":1}');
    form.append("image", new Blob([Uint8Array.of(1, 2, 13, 10, 45, 45)]), "DOE^JANE.dcm");
    const { headers, body } = new Request("http://localhost", { method: "POST", body: form });
    const found = await partsOf(body!, boundaryOf(headers.get("content-type") ?? ""));
    expect(found).toEqual([
      { name: "request", bytes: [...encoder.encode('{"a":1}')] },
      { name: "image", bytes: [1, 2, 13, 10, 45, 45] },
    ]);
  });

  test("refuses a body that is cut short at any byte", async () => {
    const whole = write([{ name: "file", bytes: Uint8Array.of(1, 2, 3) }]);
    for (let length = 0; length < whole.length; length++) {
      await expect(partsOf(cut(whole.subarray(0, length), [7]))).rejects.toMatchObject({ code: "InvalidRequest" });
    }
  });

  test("skips a part that nobody reads", async () => {
    const source = cut(
      write([
        { name: "file", bytes: Uint8Array.of(1) },
        { name: "request", bytes: Uint8Array.of(2) },
      ]),
      [9],
    );
    const names: string[] = [];
    for await (const { name } of readParts(source, BOUNDARY)) names.push(name);
    expect(names).toEqual(["file", "request"]);
  });

  test("refuses headers without end", async () => {
    const body = encoder.encode(`--${BOUNDARY}\r\nX: ${"y".repeat(40_000)}`);
    await expect(partsOf(cut(body, [1000]))).rejects.toMatchObject({ code: "InvalidRequest" });
  });
});

describe("boundaryOf", () => {
  test.each([
    ["multipart/form-data; boundary=abc", "abc"],
    ['multipart/form-data; charset=utf-8; boundary="a b"', "a b"],
    ["multipart/form-data", undefined],
    ["multipart/related; boundary=abc", undefined],
    [`multipart/form-data; boundary=${"x".repeat(71)}`, undefined],
    ["image/png", undefined],
  ])("of %j is %j", (type, expected) => expect(boundaryOf(type)).toBe(expected));
});
