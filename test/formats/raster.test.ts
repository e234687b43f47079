/** NRRD, MetaImage and NIfTI of every odd kind: axes, skips, spaces, detached data, archives (reports 06, 07, 23, 24). */
import { deflateRawSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../core/errors.ts";
import { spacingOf, transformPoint } from "../../core/image/geometry.ts";
import { readImage } from "../../formats/index.ts";
import { concat, u16, u32 } from "./dicom-writer.ts";
import { codeOf, expectNear } from "./support.ts";

const text = (value: string) => new TextEncoder().encode(value);
const count = (length: number) => Int16Array.from({ length }, (_, n) => n);
const bytesOf = (values: Int16Array) => new Uint8Array(values.buffer);

function nrrd(fields: Record<string, string>, body: Uint8Array = bytesOf(count(120))): Uint8Array {
  const all = { type: "int16", encoding: "raw", endian: "little", ...fields };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return concat(text(`NRRD0005\n${lines.join("\n")}\n\n`), body);
}

const read = (...files: Uint8Array[]) => readImage(files.map((bytes) => ({ bytes })));
const failure = async (...files: Uint8Array[]) => {
  const thrown = await read(...files).catch((error: unknown) => error);
  return isSegmenterError(thrown) ? JSON.stringify(thrown.detail) : "";
};

const SPACE = { dimension: "4", sizes: "5 2 3 4" };
const LPS = "(2,0,0) (0,2,0) (0,0,3)";

describe("NRRD axes (06)", () => {
  test.each([
    {
      name: "a list in front, by direction",
      fields: { space: "LPS", "space directions": `none ${LPS}`, kinds: "list domain domain domain" },
    },
    { name: "a list in front, by direction alone", fields: { space: "LPS", "space directions": `none ${LPS}` } },
    { name: "a list in front, by kind alone", fields: { kinds: "list space space space", spacings: "nan 2 2 3" } },
    { name: "components in front", fields: { kinds: "vector domain domain domain", spacings: "nan 2 2 3" } },
    {
      name: "times in front",
      fields: {
        kinds: "time domain domain domain",
        space: "left-posterior-superior",
        "space directions": `none ${LPS}`,
      },
    },
  ])("$name is no axis of space", async ({ fields }) => {
    const volume = await read(nrrd({ ...SPACE, ...fields }));
    expect(volume.size).toEqual([2, 3, 4]);
    expect([...volume.data]).toEqual(Array.from({ length: 24 }, (_, n) => 5 * n));
    expectNear(spacingOf(volume.ijkToLps), [2, 2, 3], 6);
    expect(volume.warnings.join()).toContain("5 volumes");
  });

  test("a list in the middle and one at the end are no axes of space", async () => {
    const middle = await read(nrrd({ dimension: "4", sizes: "2 5 3 4", kinds: "domain list domain domain" }));
    expect([middle.size, middle.data[2]]).toEqual([[2, 3, 4], 10]);
    const end = await read(nrrd({ dimension: "4", sizes: "2 3 4 5", kinds: "domain domain domain list" }));
    expect([end.size, end.data[23]]).toEqual([[2, 3, 4], 23]);
  });

  test("RGB and RGBA in front are colour, wherever it is said", async () => {
    const body = Uint8Array.from({ length: 24 }, (_, n) => n);
    const rgba = await read(
      nrrd({ type: "uint8", dimension: "3", sizes: "4 2 3", kinds: "RGBA-color domain domain" }, body),
    );
    expect([rgba.channels, [...rgba.data.slice(0, 6)]]).toEqual([3, [0, 1, 2, 4, 5, 6]]);
    expect(rgba.warnings.join()).toContain("ransparen");
    const last = await read(
      nrrd({ type: "uint8", dimension: "3", sizes: "2 4 3", kinds: "domain domain RGB-color" }, body),
    );
    expect([last.size, [...last.data.slice(0, 3)]]).toEqual([
      [2, 4, 1],
      [0, 8, 16],
    ]);
  });

  test("complex values are refused in words", async () => {
    expect(await failure(nrrd({ dimension: "3", sizes: "2 3 4", kinds: "complex domain domain" }))).toContain(
      "complex",
    );
  });

  test("an unnamed space keeps its spacing and says so; units are millimetres in the end", async () => {
    const scanner = await read(
      nrrd({
        dimension: "3",
        sizes: "2 3 4",
        space: "scanner-xyz",
        "space directions": LPS,
        "space origin": "(1,2,3)",
      }),
    );
    expectNear(spacingOf(scanner.ijkToLps), [2, 2, 3], 6);
    expect(scanner.warnings.join()).toContain("does not say");
    const metres = await read(
      nrrd({ dimension: "3", sizes: "2 3 4", space: "LPS", "space directions": LPS, "space units": '"cm" "cm" "cm"' }),
    );
    expectNear(spacingOf(metres.ijkToLps), [20, 20, 30], 6);
  });

  test("a picture keeps its pitch, by spacings and by directions in a plane", async () => {
    const spaced = await read(nrrd({ dimension: "2", sizes: "4 5", spacings: "0.5 0.25" }));
    expectNear(spacingOf(spaced.ijkToLps).slice(0, 2), [0.5, 0.25], 6);
    const plane = await read(
      nrrd({
        dimension: "2",
        sizes: "4 5",
        "space dimension": "2",
        "space directions": "(0.5,0) (0,0.25)",
        "space origin": "(3,4)",
      }),
    );
    expectNear(spacingOf(plane.ijkToLps).slice(0, 2), [0.5, 0.25], 6);
    expectNear(transformPoint(plane.ijkToLps, [0, 0, 0]).slice(0, 2), [3, 4], 6);
  });

  test("RAS with time turns as RAS does", async () => {
    const volume = await read(
      nrrd({
        dimension: "3",
        sizes: "2 3 4",
        space: "right-anterior-superior-time",
        "space directions": "(2,0,0,0) (0,2,0,0) (0,0,3,0)",
        "space origin": "(1,2,3,0)",
      }),
    );
    expectNear(transformPoint(volume.ijkToLps, [0, 0, 0]), [-1, -2, 3], 6);
  });
});

describe("NRRD skips (23, 24)", () => {
  const size = { dimension: "3", sizes: "2 3 4" };
  const values = bytesOf(count(24));
  test.each([
    { name: "bytes", fields: { "byte skip": "7" }, body: concat(new Uint8Array(7).fill(9), values) },
    { name: "all before the end", fields: { "byte skip": "-1" }, body: concat(new Uint8Array(33).fill(9), values) },
    { name: "lines", fields: { "line skip": "2" }, body: concat(text("one\ntwo\n"), values) },
    { name: "lines, then bytes", fields: { lineskip: "1", byteskip: "3" }, body: concat(text("one\nabc"), values) },
    {
      name: "bytes once inflated",
      fields: { encoding: "gzip", "byte skip": "5" },
      body: new Uint8Array(gzipSync(concat(new Uint8Array(5), values))),
    },
    {
      name: "lines before inflating",
      fields: { encoding: "gzip", "line skip": "1" },
      body: concat(text("head\n"), new Uint8Array(gzipSync(values))),
    },
  ])("$name are skipped", async ({ fields, body }) => {
    expect([...(await read(nrrd({ ...size, ...fields }, body))).data]).toEqual([...count(24)]);
  });

  test.each([
    { "byte skip": "-2" },
    { "byte skip": "x" },
    { "line skip": "-1" },
    { "line skip": "99" },
    { encoding: "gzip", "byte skip": "-1" },
  ])("%o is refused", async (fields) => {
    expect(await codeOf(read(nrrd({ ...size, ...fields }, values)))).toBe("MalformedFile");
  });
});

const mhd = (fields: string) => text(`ObjectType = Image\nNDims = 3\nDimSize = 2 3 4\n${fields}\n`);

describe("headers with their data beside", () => {
  const values = bytesOf(count(24));
  const named = (name: string, bytes: Uint8Array) => ({ name, bytes });
  const detached = (fields: Record<string, string>) =>
    nrrd({ dimension: "3", sizes: "2 3 4", ...fields }, new Uint8Array());
  test.each([
    { name: "NRRD", header: detached({ "data file": "scan.raw" }), data: values },
    {
      name: "NRRD, gzip",
      header: detached({ "data file": "scan.raw.gz", encoding: "gzip" }),
      data: new Uint8Array(gzipSync(values)),
    },
    { name: "MetaImage", header: mhd("ElementType = MET_SHORT\nElementDataFile = scan.raw"), data: values },
    {
      name: "MetaImage with a header to skip",
      header: mhd("ElementType = MET_SHORT\nHeaderSize = 9\nElementDataFile = scan.raw"),
      data: concat(new Uint8Array(9), values),
    },
    {
      name: "MetaImage from the end",
      header: mhd("ElementType = MET_SHORT\nHeaderSize = -1\nElementDataFile = scan.raw"),
      data: concat(new Uint8Array(9), values),
    },
  ])("$name finds it among the files given", async ({ header, data }) => {
    const other = named("notes.bin", new Uint8Array(5));
    for (const files of [
      [{ bytes: header }, { bytes: data }],
      [named("b/scan.raw", data), other, named("a/scan.hdr", header)],
      [named("scan.raw.gz", data), other, named("scan.hdr", header)],
    ])
      expect([...(await readImage(files)).data]).toEqual([...count(24)]);
    expect(await codeOf(readImage([{ bytes: header }]))).toBe("UnsupportedFormat");
  });

  test("a name that leads elsewhere opens nothing", async () => {
    expect(await codeOf(readImage([{ bytes: detached({ "data file": "../../etc/passwd" }) }]))).toBe(
      "UnsupportedFormat",
    );
  });

  test("RGBA of MetaImage loses its alpha; further channels are refused in words", async () => {
    const fields = "ElementType = MET_UCHAR\nElementNumberOfChannels = 4\nElementDataFile = LOCAL";
    const volume = await read(
      concat(
        mhd(fields),
        Uint8Array.from({ length: 96 }, (_, n) => n),
      ),
    );
    expect([volume.channels, [...volume.data.slice(0, 6)]]).toEqual([3, [0, 1, 2, 4, 5, 6]]);
    expect(volume.warnings.join()).toContain("ransparen");
    expect(
      await failure(mhd("ElementType = MET_SHORT\nElementNumberOfChannels = 2\nElementDataFile = LOCAL")),
    ).toContain("channels");
  });
});

/** A 2 × 3 × 4 int16 NIfTI-1, single-file or the header of a pair. */
function nifti(change: (view: DataView) => void = () => {}, pair = false): Uint8Array {
  const bytes = new Uint8Array(pair ? 348 : 400);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, 348, true);
  for (const [i, value] of [3, 2, 3, 4, 1, 1, 1, 1].entries()) view.setInt16(40 + 2 * i, value, true);
  view.setInt16(70, 4, true);
  view.setInt16(72, 16, true);
  for (const [i, value] of [1, 0.5, 0.7, 3.3].entries()) view.setFloat32(76 + 4 * i, value, true);
  view.setFloat32(108, pair ? 0 : 352, true);
  bytes.set([0x6e, pair ? 0x69 : 0x2b, 0x31, 0], 344);
  if (!pair) bytes.set(bytesOf(count(24)), 352);
  change(view);
  return bytes;
}

const floats =
  (at: number, ...values: number[]) =>
  (view: DataView) => {
    for (const [n, value] of values.entries()) view.setFloat32(at + 4 * n, value, true);
  };
const shorts =
  (at: number, ...values: number[]) =>
  (view: DataView) => {
    for (const [n, value] of values.entries()) view.setInt16(at + 2 * n, value, true);
  };
const all =
  (...changes: ((view: DataView) => void)[]) =>
  (view: DataView) => {
    for (const change of changes) change(view);
  };
const SROW = floats(280, 2, 0, 0, 5, 0, 2, 0, 6, 0, 0, 3, 7);

describe("NIfTI with odd fields (07)", () => {
  test.each([
    {
      name: "an infinite slope",
      change: floats(112, Number.POSITIVE_INFINITY, 3),
      spacing: [0.5, 0.7, 3.3],
      said: "scl_slope",
    },
    {
      name: "a pixdim of NaN beside a valid sform",
      change: all(shorts(252, 0, 1), SROW, floats(80, Number.NaN, 0, -3)),
      spacing: [2, 2, 3],
      said: "pixdim",
    },
    {
      name: "a sform of zeros beside a valid qform",
      change: shorts(252, 1, 1),
      spacing: [0.5, 0.7, 3.3],
      said: "sform",
    },
    {
      name: "a sform of NaN beside a valid qform",
      change: all(shorts(252, 1, 1), floats(280, Number.NaN)),
      spacing: [0.5, 0.7, 3.3],
      said: "sform",
    },
    {
      name: "a quaternion that is too long",
      change: all(shorts(252, 1, 0), floats(256, 0.9, 0.9, 0)),
      spacing: [0.5, 0.7, 3.3],
      said: "quaternion",
    },
  ])("$name opens with a warning", async ({ change, spacing, said }) => {
    const volume = await read(nifti(change));
    expectNear(spacingOf(volume.ijkToLps), spacing, 5);
    expect(volume.warnings.join()).toContain(said);
    expect(volume.rescale).toEqual({ slope: 1, intercept: 0 });
  });

  test("a pair of .hdr and .img opens, Analyze too; the header alone says what is missing", async () => {
    const image = bytesOf(count(24));
    for (const header of [nifti(undefined, true), nifti((view) => view.setInt32(344, 0), true)])
      for (const data of [image, new Uint8Array(gzipSync(image))])
        expect([...(await read(header, data)).data]).toEqual([...count(24)]);
    expect(await failure(nifti(undefined, true))).toContain(".img");
  });

  test("a small file that claims a gigabyte is refused before it is inflated", async () => {
    const bomb = new Uint8Array(gzipSync(concat(nifti(shorts(42, 800, 800, 800)), new Uint8Array(2 ** 24))));
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(read(bomb))).toBe("TooLarge");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 25);
  });
});

interface Zipped {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly size?: number;
}

function zip(files: readonly Zipped[]): Uint8Array {
  const local: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const { name, bytes, size = bytes.length } of files) {
    const packed = new Uint8Array(deflateRawSync(bytes));
    const fields = concat(u16(20, 0, 8, 0, 0), u32(0, packed.length, size), u16(name.length, 0));
    const head = concat(u32(0x04034b50), fields, text(name), packed);
    central.push(concat(u32(0x02014b50), u16(20), fields, u16(0, 0, 0), u32(0, at), text(name)));
    local.push(head);
    at += head.length;
  }
  const directory = concat(...central);
  const end = concat(u32(0x06054b50), u16(0, 0, files.length, files.length), u32(directory.length, at), u16(0));
  return concat(...local, directory, end);
}

describe("ZIP archives (B-2)", () => {
  test("open as the files that they hold", async () => {
    const volume = await read(
      zip([
        { name: "a/.DS_Store", bytes: text("x") },
        { name: "../../evil.nii", bytes: nifti() },
      ]),
    );
    expect([...volume.data]).toEqual([...count(24)]);
    expect(
      (
        await read(
          zip([
            { name: "scan.hdr", bytes: nifti(undefined, true) },
            { name: "scan.img", bytes: bytesOf(count(24)) },
          ]),
        )
      ).size,
    ).toEqual([2, 3, 4]);
  });

  test.each([
    { name: "a forged size", files: [{ name: "a.nii", bytes: nifti(), size: 2 ** 31 }], code: "TooLarge" },
    { name: "a size past its data", files: [{ name: "a.nii", bytes: nifti(), size: 5000 }], code: "MalformedFile" },
    { name: "nothing that is read", files: [{ name: "a.txt", bytes: text("hello") }], code: "UnsupportedFormat" },
    {
      name: "an archive inside",
      files: [{ name: "b.zip", bytes: zip([{ name: "a.nii", bytes: nifti() }]) }],
      code: "UnsupportedFormat",
    },
  ])("with $name are refused", async ({ files, code }) => {
    const before = process.memoryUsage().arrayBuffers;
    expect(await codeOf(read(zip(files)))).toBe(code);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 21);
  });

  test("cut anywhere end in an error", async () => {
    const whole = zip([{ name: "a.nii", bytes: nifti() }]);
    for (let length = 4; length < whole.length; length += 7)
      expect(["MalformedFile", "UnsupportedFormat"]).toContain(await codeOf(read(whole.slice(0, length))));
  });
});

describe("several files that are no series", () => {
  test("the first is read and the others are said and can be chosen", async () => {
    const files = [nifti(), nrrd({ dimension: "2", sizes: "4 5" })].map((bytes) => ({ bytes }));
    const volume = await readImage(files);
    expect(volume.size).toEqual([2, 3, 4]);
    expect(volume.warnings.join()).toContain("2 images");
    expect((await readImage(files, { choose: 1 })).size).toEqual([4, 5, 1]);
    await expect(readImage(files, { choose: 2 })).rejects.toThrow(RangeError);
  });
});
