/** NRRD of every odd kind: axes, spaces, skips (reports 06, 23, 24). */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { spacingOf, transformPoint } from "../../core/image/geometry.ts";
import { readImage } from "../../formats/index.ts";
import { concat } from "./dicom-writer.ts";
import { bytesOf, count, failure, nrrd, read, text } from "./raster-writers.ts";
import { codeOf, expectNear } from "./support.ts";

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

describe("NRRD as text", () => {
  const size = { dimension: "3", sizes: "2 3 4", encoding: "text" };
  const numbers = [...count(24)];
  test("is the numbers that it says, whatever stands between them", async () => {
    for (const body of [numbers.join(" "), numbers.join("\n"), `${numbers.join(" \t\r\n")}\n`, numbers.join(", ")])
      expect([...(await read(nrrd(size, text(body)))).data]).toEqual(numbers);
    const ascii = nrrd({ ...size, encoding: "ascii", type: "uint8", endian: "big" }, text(numbers.join(" ")));
    expect([...(await read(ascii)).data]).toEqual(numbers);
  });

  test("keeps fractions, 64-bit integers, NaN and infinities", async () => {
    const odd = [0.5, -1e-3, Number.NaN, Infinity, -Infinity, 6];
    const fractions = nrrd({ ...size, sizes: "2 3 1", type: "double" }, text("0.5 -1e-3 nan inf -INF 6"));
    expect([...(await read(fractions)).data]).toEqual(odd);
    const wide = nrrd({ ...size, sizes: "2 3 1", type: "int64" }, text("1 -2 3 4 5 9007199254740991"));
    expect([...(await read(wide)).data]).toEqual([1, -2, 3, 4, 5, 2 ** 53 - 1]);
  });

  test("of several pieces is whole, and its list is chosen from as of any other", async () => {
    const many = Array.from({ length: 40_000 }, (_, n) => (n * 7919) % 30_000);
    const volume = await read(nrrd({ ...size, sizes: "200 100 2" }, text(many.join(" "))));
    expect([...volume.data]).toEqual(many);
    const bytes = nrrd(
      { ...size, dimension: "4", sizes: "2 3 2 2", kinds: "domain domain domain list" },
      text(numbers.join(" ")),
    );
    expect([...(await readImage([{ bytes }], { choose: 1 })).data]).toEqual(numbers.slice(12));
  });

  test.each([
    { name: "too few numbers", body: numbers.slice(1).join(" ") },
    { name: "words", body: [...numbers.slice(1), "twelve"].join(" ") },
    { name: "one endless word", body: "1".repeat(300_000) },
    { name: "nothing", body: "" },
  ])("of $name is refused", async ({ body }) => {
    expect(await codeOf(read(nrrd(size, text(body))))).toBe("MalformedFile");
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
