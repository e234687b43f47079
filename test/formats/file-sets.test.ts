/** Files that come in several: headers with their data beside, ZIP archives, sets that are no series (report 07, B-2). */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { spacingOf } from "../../core/image/geometry.ts";
import { readImage } from "../../formats/index.ts";
import { concat } from "./dicom-writer.ts";
import {
  all,
  bytesOf,
  count,
  failure,
  floats,
  mhd,
  nifti,
  nrrd,
  read,
  SROW,
  shorts,
  text,
  zip,
} from "./raster-writers.ts";
import { codeOf, expectNear } from "./support.ts";

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

  test("an empty file is said to be empty", async () => {
    await expect(readImage([{ name: "a.dcm", bytes: new Uint8Array() }])).rejects.toMatchObject({
      detail: { found: "nothing: the file is empty" },
    });
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
    await expect(readImage(files, { choose: 2 })).rejects.toMatchObject({
      code: "InvalidRequest",
      detail: { path: "index" },
    });
  });
});
