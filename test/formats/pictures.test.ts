import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../core/errors.ts";
import { transformPoint } from "../../core/image/geometry.ts";
import { defaultWindow } from "../../core/image/window.ts";
import { readImage, writeMaskPng, writePng } from "../../formats/index.ts";
import { concat } from "./dicom-writer.ts";
import { codeOf, expectNear } from "./support.ts";

interface Golden {
  type: string;
  shape: number[];
  file: string;
  values: string;
  origin?: number[];
  corner?: number[];
}

const goldens: Record<string, Golden> = JSON.parse(
  readFileSync(new URL("./golden/pictures.json", import.meta.url), "utf8"),
);
const decoded = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const fileOf = (name: string) => decoded(goldens[name]!.file);
const read = (bytes: Uint8Array) => readImage([{ bytes }]);

const ARRAYS = { uint8: Uint8Array, uint16: Uint16Array, int16: Int16Array, float32: Float32Array } as const;

describe("pictures and volumes of other writers (D-3, D-9)", () => {
  test.each(Object.entries(goldens).map(([name, golden]) => ({ name, golden })))(
    "$name reads exactly",
    async ({ golden }) => {
      const volume = await read(decoded(golden.file));
      const values = new ARRAYS[golden.type as keyof typeof ARRAYS](decoded(golden.values).buffer);
      expect(volume.data).toEqual(values);
      if (!golden.origin || !golden.corner) return expect(volume.size).toEqual([golden.shape[1], golden.shape[0], 1]);
      expect(volume.size).toEqual(golden.shape.toReversed());
      const [i, j, k] = volume.size;
      expectNear(transformPoint(volume.ijkToLps, [0, 0, 0]), golden.origin, 4);
      expectNear(transformPoint(volume.ijkToLps, [i - 1, j - 1, k - 1]), golden.corner, 4);
    },
  );

  test.each(Object.entries(goldens).map(([name, golden]) => ({ name, golden })))(
    "$name cut anywhere ends in an error or in the right number of values",
    async ({ golden }) => {
      const bytes = decoded(golden.file);
      const whole = (await read(bytes)).data.length;
      const step = Math.max(1, Math.floor(bytes.length / 40));
      for (let length = 0; length < bytes.length; length += step) {
        const result = await read(bytes.slice(0, length)).catch((thrown: unknown) => thrown);
        if (isSegmenterError(result)) expect(["UnsupportedFormat", "MalformedFile", "TooLarge"]).toContain(result.code);
        else expect(result).toMatchObject({ data: { length: whole } });
      }
    },
  );
});

/** An EXIF block whose only entry is the orientation. */
function withOrientation(jpeg: Uint8Array, orientation: number): Uint8Array {
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const payload = [0x45, 0x78, 0x69, 0x66, 0, 0, ...tiff];
  return concat(jpeg.subarray(0, 2), Uint8Array.of(0xff, 0xe1, 0, payload.length + 2, ...payload), jpeg.subarray(2));
}

describe("JPEG (B-12)", () => {
  test.each([
    { orientation: 1, from: (x: number, y: number) => [x, y] },
    { orientation: 3, from: (x: number, y: number, w: number, h: number) => [w - 1 - x, h - 1 - y] },
    { orientation: 6, from: (x: number, y: number, _: number, h: number) => [y, h - 1 - x] },
    { orientation: 8, from: (x: number, y: number, w: number) => [w - 1 - y, x] },
  ])("EXIF orientation $orientation is applied once", async ({ orientation, from }) => {
    const plain = await read(fileOf("grey.jpg"));
    const turned = await read(withOrientation(fileOf("grey.jpg"), orientation));
    const [w, h] = plain.size;
    expect(turned.size.slice(0, 2)).toEqual(orientation >= 5 ? [h, w] : [w, h]);
    for (const [x, y] of [
      [0, 0],
      [5, 2],
      [16, 16],
    ] as const) {
      const [sx = 0, sy = 0] = from(x, y, w, h);
      expect(turned.data[y * turned.size[0] + x]).toBe(plain.data[sy * w + sx]);
    }
    expect(turned.warnings.length).toBe(orientation === 1 ? 0 : 1);
  });

  test.each([
    { name: "9643 × 10328", size: [0x28, 0x58, 0x25, 0xab], code: "TooLarge" },
    { name: "0 × 0", size: [0, 0, 0, 0], code: "MalformedFile" },
  ])("a header of $name is refused before decoding", async ({ size, code }) => {
    const bytes = fileOf("grey.jpg");
    const at = bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0);
    bytes.set(size, at + 5);
    expect(await codeOf(read(bytes))).toBe(code);
  });

  test("a picture cut short is refused, not painted grey", async () => {
    const bytes = fileOf("colour.jpg");
    expect(await codeOf(read(bytes.slice(0, bytes.length - 20)))).toBe("MalformedFile");
  });

  test("a thousand scans are refused before they are decoded", async () => {
    const bytes = fileOf("grey.jpg");
    const end = bytes.length - 2;
    const scans = new Uint8Array(2000).map((_, n) => (n % 2 ? 0xda : 0xff));
    expect(await codeOf(read(concat(bytes.subarray(0, end), scans, bytes.subarray(end))))).toBe("TooLarge");
  });

  test("four components are refused", async () => {
    const bytes = fileOf("grey.jpg");
    bytes[bytes.findIndex((byte, i) => byte === 0xff && bytes[i + 1] === 0xc0) + 9] = 4;
    expect(await codeOf(read(bytes))).toBe("UnsupportedFormat");
  });
});

const text = (value: string) => new TextEncoder().encode(value);
const u32 = (value: number) => Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
const crcless = (type: string, payload: Uint8Array) => concat(u32(payload.length), text(type), payload, u32(0));
const header = (width: number, height: number, depth = 8, colour = 0) =>
  crcless("IHDR", concat(u32(width), u32(height), Uint8Array.of(depth, colour, 0, 0, 0)));
const png = (...chunks: Uint8Array[]) =>
  concat(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a), ...chunks, crcless("IEND", new Uint8Array()));

describe("PNG (B-12, D-9)", () => {
  test.each([
    {
      name: "2^31-1 squared",
      bytes: png(header(2 ** 31 - 1, 2 ** 31 - 1), crcless("IDAT", new Uint8Array(10))),
      code: "TooLarge",
    },
    { name: "16384 squared", bytes: png(header(16384, 16384), crcless("IDAT", new Uint8Array(10))), code: "TooLarge" },
    { name: "a depth of 3", bytes: png(header(4, 4, 3), crcless("IDAT", new Uint8Array(10))), code: "MalformedFile" },
    { name: "no size", bytes: png(header(0, 4)), code: "MalformedFile" },
    {
      name: "64 MiB in the data of 16 pixels",
      bytes: png(header(4, 4), crcless("IDAT", deflateSync(new Uint8Array(2 ** 26)))),
      code: "MalformedFile",
    },
    {
      name: "too little data",
      bytes: png(header(4, 4), crcless("IDAT", deflateSync(new Uint8Array(7)))),
      code: "MalformedFile",
    },
    { name: "no header", bytes: png(), code: "MalformedFile" },
  ])("$name is refused without inflating it", async ({ bytes, code }) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(read(bytes))).toBe(code);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 2 ** 20);
  });

  test("16 bits round trip exactly", async () => {
    const data = Uint16Array.from({ length: 12 }, (_, i) => i * 5957);
    const volume = await read(writePng({ width: 4, height: 3, data }));
    expect(volume.data).toEqual(data);
  });

  test.each([
    [1, [4, 3], 0],
    [6, [3, 4], 8],
    [3, [4, 3], 11],
  ])("eXIf orientation %i is applied once", async (orientation, size, first) => {
    const bytes = writePng({ width: 4, height: 3, data: Uint8Array.from({ length: 12 }, (_, n) => n) });
    const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
    const turned = concat(bytes.subarray(0, 33), crcless("eXIf", Uint8Array.from(tiff)), bytes.subarray(33));
    const volume = await read(turned);
    expect([volume.size, volume.data[0]]).toEqual([[...size, 1], first]);
    expect(volume.warnings.length).toBe(orientation === 1 ? 0 : 1);
  });

  test("RGB and grey round trip exactly", async () => {
    const data = Uint8Array.from({ length: 36 }, (_, i) => i * 7);
    expect((await read(writePng({ width: 4, height: 3, channels: 3, data }))).data).toEqual(data);
    expect((await read(writePng({ width: 9, height: 4, data }))).data).toEqual(data);
  });

  test("an indexed mask shows its colours", async () => {
    const palette = [
      [0, 0, 0],
      [255, 0, 0],
      [0, 128, 255],
    ] as const;
    const volume = await read(writePng({ width: 3, height: 1, data: Uint8Array.of(2, 0, 1), palette }));
    expect([...volume.data]).toEqual([0, 128, 255, 0, 0, 0, 255, 0, 0]);
  });

  test("a mask is white inside", async () => {
    const volume = await read(writeMaskPng({ width: 3, height: 1, data: Uint8Array.of(1, 0, 1) }));
    expect([...volume.data]).toEqual([255, 0, 255]);
  });

  test("grey bytes are shown as they are", async () => {
    expect(defaultWindow(await read(fileOf("grey.png")))).toEqual({ name: "full range", center: 128, width: 256 });
  });
});

describe("NRRD and MetaImage (B-11)", () => {
  test.each([
    { name: "a path", field: "data file: ../../etc/passwd" },
    { name: "a list", field: "data file: LIST" },
  ])("detached data by $name is refused", async ({ field }) => {
    const bytes = text(`NRRD0004\ntype: uint8\ndimension: 2\nsizes: 2 2\nencoding: raw\n${field}\n\n`);
    expect(await codeOf(read(bytes))).toBe("UnsupportedFormat");
  });

  test("detached MetaImage data is refused", async () => {
    const bytes = text(
      "ObjectType = Image\nNDims = 2\nDimSize = 2 2\nElementType = MET_UCHAR\nElementDataFile = /etc/passwd\n",
    );
    expect(await codeOf(read(bytes))).toBe("UnsupportedFormat");
  });

  test("a header of one endless line is refused", async () => {
    expect(await codeOf(read(text(`NRRD0004\n${"x".repeat(10 * 2 ** 20)}`)))).toBe("MalformedFile");
  });

  test("sizes over the limit are refused before data is read", async () => {
    const bytes = text(
      "NRRD0004\ntype: short\ndimension: 3\nsizes: 60000 60000 60000\nencoding: raw\nendian: little\n\nxx",
    );
    expect(await codeOf(read(bytes))).toBe("TooLarge");
  });
});
