import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSegmenterError } from "../../core/errors.ts";
import { readImage } from "../../formats/index.ts";
import { dataPath, needsData } from "../support/data.ts";

const zoo = dataPath("tests/dicom_zoo");
const FILES = [
  "pydicom+pydicom__MR_small_implicit.dcm",
  "pydicom+pydicom__MR_small_RLE.dcm",
  "pydicom+pydicom__MR_small_jp2klossless.dcm",
  "pydicom+pydicom__MR_small_jpeg_ls_lossless.dcm",
  "pydicom+pydicom-data__emri_small_jpeg_2k_lossless.dcm",
  "pydicom+pydicom__SC_rgb_dcmtk__eb_cy_s2.dcm",
  "pydicom+pydicom__SC_rgb_jpeg_gdcm.dcm",
  "ImagingDataCommons+highdicom__seg_image_ct_binary.dcm",
  "pydicom+pydicom__image_dfl.dcm",
];

/** Either one of the three read errors, or an image whose array has the length that its size says. */
async function expectClean(bytes: Uint8Array): Promise<void> {
  const result = await readImage([{ bytes }]).catch((thrown: unknown) => thrown);
  if (isSegmenterError(result)) {
    expect(["UnsupportedFormat", "MalformedFile", "TooLarge"]).toContain(result.code);
    return;
  }
  if (result instanceof Error) throw result;
  const { size, channels, data } = result as Awaited<ReturnType<typeof readImage>>;
  expect(data.length).toBe(size[0] * size[1] * size[2] * channels);
}

describe("broken DICOM files (B-4, B-7)", needsData("tests/dicom_zoo"), () => {
  test.each(FILES)("%s cut anywhere is refused or read whole", async (name) => {
    const bytes = new Uint8Array(readFileSync(join(zoo ?? "", name)));
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), (length) => expectClean(bytes.slice(0, length))),
      { numRuns: 30, seed: 4 },
    );
  });

  test("lossy JPEG of 12 bits cut anywhere is refused", async () => {
    const bytes = new Uint8Array(readFileSync(join(zoo ?? "", "pydicom+pydicom__JPEG-lossy.dcm")));
    for (const part of [0.3, 0.5, 0.7, 0.9, 0.99]) await expectClean(bytes.slice(0, Math.floor(part * bytes.length)));
    const changed = bytes.slice();
    for (let at = 2000; at < changed.length; at += 997) changed[at] = at % 256;
    await expectClean(changed);
  });

  test.each(FILES)("%s with flipped bytes is refused or read whole", async (name) => {
    const bytes = new Uint8Array(readFileSync(join(zoo ?? "", name)));
    const flips = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(flips, (changes) => {
        const copy = bytes.slice();
        for (const [at, value] of changes) copy[at] = value;
        return expectClean(copy);
      }),
      { numRuns: 30, seed: 7 },
    );
  });
});
