/** Files that hold several volumes: each is listed and can be chosen. */
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { listImages, readImage } from "../../formats/index.ts";
import { concat } from "./dicom-writer.ts";
import { all, bytesOf, count, floats, nifti, nrrd, shorts, text } from "./raster-writers.ts";
import { codeOf } from "./support.ts";

const VOLUMES = 5;
const values = bytesOf(count(24 * VOLUMES));
const gzip = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
const fourDims = shorts(40, 4, 2, 3, 4, VOLUMES);
const nii = concat(nifti(fourDims).subarray(0, 352), values);
const SPACE = { space: "LPS", "space directions": "(2,0,0) (0,2,0) (0,0,3) none" };
const mha = (fields: string) =>
  text(`ObjectType = Image\nNDims = 4\nDimSize = 2 3 4 ${VOLUMES}\nElementType = MET_SHORT\n${fields}\n`);

/** Value v of volume n, where the volumes follow each other. */
const behind = (n: number) => Array.from({ length: 24 }, (_, v) => 24 * n + v);
/** Where the list runs fastest. */
const between = (n: number) => Array.from({ length: 24 }, (_, v) => VOLUMES * v + n);

describe("every volume of a file", () => {
  test.each([
    { name: "NIfTI", files: [nii], expected: behind },
    { name: "NIfTI, gzip", files: [gzip(nii)], expected: behind },
    { name: "NIfTI pair", files: [nifti(fourDims, true), values], expected: behind },
    { name: "NIfTI pair, gzip", files: [nifti(fourDims, true), gzip(values)], expected: behind },
    {
      name: "NRRD, list last",
      files: [nrrd({ dimension: "4", sizes: "2 3 4 5", ...SPACE }, values)],
      expected: behind,
    },
    {
      name: "NRRD, list last, gzip",
      files: [nrrd({ dimension: "4", sizes: "2 3 4 5", encoding: "gzip", ...SPACE }, gzip(values))],
      expected: behind,
    },
    {
      name: "NRRD, list last, from the end",
      files: [
        nrrd({ dimension: "4", sizes: "2 3 4 5", "byte skip": "-1", ...SPACE }, concat(new Uint8Array(9), values)),
      ],
      expected: behind,
    },
    {
      name: "NRRD, list first",
      files: [nrrd({ dimension: "4", sizes: "5 2 3 4", kinds: "list domain domain domain" }, values)],
      expected: between,
    },
    {
      name: "NRRD, list in the middle",
      files: [nrrd({ dimension: "4", sizes: "2 5 3 4", kinds: "domain list domain domain" }, values)],
      expected: (n: number) => Array.from({ length: 24 }, (_, v) => (v % 2) + 2 * n + 10 * Math.floor(v / 2)),
    },
    { name: "MetaImage", files: [concat(mha("ElementDataFile = LOCAL"), values)], expected: behind },
    {
      name: "MetaImage, zlib",
      files: [concat(mha("CompressedData = True\nElementDataFile = LOCAL"), new Uint8Array(deflateSync(values)))],
      expected: behind,
    },
    {
      name: "MetaImage, from the end",
      files: [mha("HeaderSize = -1\nElementDataFile = scan.raw"), concat(new Uint8Array(9), values)],
      expected: behind,
    },
  ])("of $name is listed and can be chosen", async ({ files, expected }) => {
    const set = files.map((bytes) => ({ bytes }));
    const [study] = listImages(set).studies;
    expect(study!.series).toHaveLength(1);
    const { images } = study!.series[0]!;
    expect(images.map(({ index, note }) => [index, note])).toEqual(
      [0, 1, 2, 3, 4].map((n) => [n, `volume ${n + 1} of 5`]),
    );
    expect(images[0]!.size).toEqual([2, 3, 4]);
    for (const { index } of images) {
      const volume = await readImage(set, { choose: index });
      expect([...volume.data]).toEqual(expected(index));
      expect(volume.warnings.join()).toContain(index === 0 ? "the first is read" : `number ${index + 1} is read`);
    }
    expect([...(await readImage(set)).data]).toEqual(expected(0));
    expect(await codeOf(readImage(set, { choose: VOLUMES }))).toBe("InvalidRequest");
  });

  test("of two lists is counted along the first one", async () => {
    const bytes = nrrd({ dimension: "5", sizes: "2 2 3 2 5", kinds: "list domain domain domain list" }, values);
    expect((await readImage([{ bytes }], { choose: 3 })).data[0]).toBe(1 + 24);
  });

  test("that is cut off is refused when it is asked for, and the first one opens", async () => {
    const set = [{ bytes: nii.subarray(0, 352 + 48 * 3 + 20) }];
    expect((await readImage(set)).data[23]).toBe(23);
    expect((await readImage(set, { choose: 2 })).data[23]).toBe(71);
    expect(await codeOf(readImage(set, { choose: 3 }))).toBe("MalformedFile");
  });
});

describe("headers that declare more volumes than anybody wants", () => {
  test("cost little, and every file keeps its first volume", () => {
    const greedy = nifti(all(shorts(40, 4, 2, 3, 4, 32767), floats(108, 352)));
    const { studies } = listImages(Array.from({ length: 200 }, () => ({ bytes: greedy })));
    const lengths = studies[0]!.series.map(({ images }) => images.length);
    expect(lengths).toHaveLength(200);
    expect(Math.min(...lengths)).toBe(1);
    expect(lengths.reduce((sum, length) => sum + length)).toBe(8192);
  });

  test("a broken file of many volumes is tried once", async () => {
    const broken = nifti(fourDims).subarray(0, 360);
    const volume = await readImage([{ bytes: broken }, { bytes: nifti() }]);
    expect(volume.warnings.join()).toContain("1 image cannot be read");
  });
});
