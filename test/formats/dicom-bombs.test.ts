import { deflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../core/errors.ts";
import { readImage } from "../../formats/index.ts";
import { concat, dicom, element, image, item, sequence, u16, u32 } from "./dicom-writer.ts";

async function failureOf(bytes: Uint8Array) {
  const before = process.memoryUsage().arrayBuffers;
  const failure = await readImage([{ bytes }]).catch((thrown: unknown) => thrown);
  const grown = process.memoryUsage().arrayBuffers - before;
  if (!isSegmenterError(failure)) throw failure;
  return { code: failure.code, detail: failure.detail, grown };
}

const PIXELS = 0x7fe00010;
const zeros = (length: number) => new Uint8Array(length);
const tiny = element(PIXELS, "OW", zeros(16));
const repeated = (part: Uint8Array, times: number) => {
  const all = new Uint8Array(part.length * times);
  for (let i = 0; i < times; i++) all.set(part, i * part.length);
  return all;
};
const sequenceStart = concat(element(0x00081140, "SQ", zeros(0), 0xffffffff), u16(0xfffe, 0xe000), u32(0xffffffff));

describe("DICOM bombs (B-1, B-3, B-6)", () => {
  test.each([
    { name: "65535 × 65535 with 16 bytes", parts: { rows: 65535, columns: 65535, pixels: tiny }, code: "TooLarge" },
    { name: "no rows", parts: { rows: 0, pixels: tiny }, code: "MalformedFile", field: "(0028,0010)" },
    { name: "0 bits", parts: { allocated: 0, stored: 0, pixels: tiny }, code: "MalformedFile", field: "(0028,0100)" },
    { name: "7 bits", parts: { allocated: 7, pixels: tiny }, code: "MalformedFile", field: "(0028,0100)" },
    { name: "64 bits", parts: { allocated: 64, pixels: tiny }, code: "MalformedFile", field: "(0028,0100)" },
    { name: "255 samples", parts: { samples: 255, pixels: tiny }, code: "MalformedFile", field: "(0028,0002)" },
    { name: "2^31-1 frames", parts: { frames: "2147483647", pixels: tiny }, code: "TooLarge" },
    { name: "1e9 frames", parts: { frames: "1e9", pixels: tiny }, code: "TooLarge" },
    { name: "-1 frames", parts: { frames: "-1", pixels: tiny }, code: "MalformedFile", field: "(0028,0008)" },
    {
      name: "more bits stored than allocated",
      parts: { stored: 32, pixels: tiny },
      code: "MalformedFile",
      field: "(0028,0101)",
    },
    {
      name: "8 bytes for 24",
      parts: { pixels: element(PIXELS, "OW", zeros(8)) },
      code: "MalformedFile",
      field: "(7FE0,0010)",
    },
    {
      name: "a length of FFFFFFFE",
      parts: { pixels: element(PIXELS, "OW", zeros(16), 0xfffffffe) },
      code: "MalformedFile",
      field: "(7FE0,0010)",
    },
    {
      name: "a palette image without palette",
      parts: { photometric: "PALETTE COLOR" },
      code: "MalformedFile",
      field: "(0028,1101)",
    },
    { name: "a slope that is no number", parts: { slope: "SMITH" }, code: "MalformedFile", field: "(0028,1053)" },
  ])("$name is refused before anything is allocated", async ({ parts, code, field }) => {
    const failure = await failureOf(dicom(image(parts)));
    expect(failure.code).toBe(code);
    if (field) expect(failure.detail).toMatchObject({ field });
    expect(JSON.stringify(failure.detail)).not.toContain("SMITH");
    expect(failure.grown).toBeLessThan(2 ** 20);
  });

  test("Rows as UL is refused by name", async () => {
    const big = element(0x00280010, "UL", u32(0x7fffffff));
    const failure = await failureOf(dicom([big, element(0x00280011, "UL", u32(0x7fffffff)), tiny]));
    expect(failure.detail).toMatchObject({ field: "(0028,0010)" });
  });

  test.each([
    { name: "20,000 nested sequences", body: repeated(sequenceStart, 20_000), code: "TooLarge" },
    { name: "1,000,000 empty items", body: element(0x00081140, "SQ", repeated(item(), 1_000_000)), code: "TooLarge" },
    { name: "500,000 elements", body: repeated(element(0x00090010, "LO", "AB"), 500_000), code: "TooLarge" },
    { name: "a private value of 17 MiB", body: element(0x00091010, "OB", zeros(17 * 2 ** 20)), code: "TooLarge" },
    {
      name: "pixels of undefined length without items",
      body: element(PIXELS, "OB", zeros(20 * 2 ** 20), 0xffffffff),
      code: "MalformedFile",
    },
    {
      name: "an item longer than its sequence",
      body: sequence(0x00081140, concat(u16(0xfffe, 0xe000), u32(1000))),
      code: "MalformedFile",
    },
    { name: "a last element cut short", body: element(0x00280010, "US", u16(4)).subarray(0, 9), code: "MalformedFile" },
    { name: "letters that are no VR", body: element(0x00280010, "z1", u16(4)), code: "MalformedFile" },
  ])("$name end in an error", async ({ body, code }) => {
    const failure = await failureOf(dicom([element(0x00080008, "CS", "A"), body]));
    expect(failure.code).toBe(code);
  });

  test("128 deflated MiB stop at the limit", async () => {
    const pixels = element(PIXELS, "OB", zeros(2 ** 27));
    const bomb = concat(dicom([], "1.2.840.10008.1.2.1.99"), deflateRawSync(pixels, { level: 9 }));
    const failure = await failureOf(bomb);
    expect(failure.code).toBe("TooLarge");
    expect(failure.detail).toMatchObject({ what: "DICOM: inflated bytes" });
  });

  test.each([
    { name: "16 segments", header: [16, 64] },
    { name: "an offset past the end", header: [2, 64, 5000] },
    { name: "an offset into the header", header: [2, 8, 64] },
  ])("an RLE frame with $name is refused", async ({ header }) => {
    const frame = concat(u32(...header), zeros(100 - 4 * header.length));
    const encapsulated = concat(item(), item(frame), u16(0xfffe, 0xe0dd), u32(0));
    const pixels = element(PIXELS, "OB", encapsulated, 0xffffffff);
    const failure = await failureOf(dicom(image({ pixels }), "1.2.840.10008.1.2.5"));
    expect(failure.detail).toMatchObject({ field: "(7FE0,0010)" });
  });

  test("palette indices outside the table take its nearest entry", async () => {
    const table = (value: number) => u16(value << 8, (value + 1) << 8);
    const extra = [
      ...[0x00281101, 0x00281102, 0x00281103].map((tag) => element(tag, "US", u16(2, 0, 16))),
      ...[0x00281201, 0x00281202, 0x00281203].map((tag, i) => element(tag, "OW", table(10 * (i + 1)))),
    ];
    const pixels = element(PIXELS, "OW", Uint8Array.of(0, 1, 2, 255));
    const bytes = dicom(image({ rows: 2, columns: 2, allocated: 8, photometric: "PALETTE COLOR", extra, pixels }));
    const volume = await readImage([{ bytes }]);
    expect([...volume.data]).toEqual([10, 20, 30, 11, 21, 31, 11, 21, 31, 11, 21, 31]);
  });

  test.each([
    { name: "empty", bytes: zeros(0) },
    { name: "200 zero bytes", bytes: zeros(200) },
    { name: "an SVG", bytes: new TextEncoder().encode('<svg><image xlink:href="file:///etc/passwd"/></svg>') },
    { name: "a PDF", bytes: new TextEncoder().encode("%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj") },
    { name: "a page", bytes: new TextEncoder().encode("<!doctype html><script>alert(1)</script>") },
    { name: "a GIF that is a script", bytes: new TextEncoder().encode("GIF89a/*.*/=1;alert(1)") },
  ])("$name is no format we read (B-13)", async ({ bytes }) => {
    expect((await failureOf(bytes)).code).toBe("UnsupportedFormat");
  });

  test("an executable preamble is accepted as an image (B-8)", async () => {
    const bytes = dicom(image());
    bytes.set([0x4d, 0x5a, 0x90, 0x00]);
    expect((await readImage([{ bytes }])).size).toEqual([3, 4, 1]);
  });
});
