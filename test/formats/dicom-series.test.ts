import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { spacingOf, transformPoint } from "../../core/image/geometry.ts";
import { readImage } from "../../formats/index.ts";
import { dataPath, needsData } from "../support/data.ts";
import { dicom, element, type ImageParts, image, u16 } from "./dicom-writer.ts";
import { expectNear } from "./support.ts";

const folderFiles = (folder: string) =>
  readdirSync(folder).map((name) => ({ name, bytes: new Uint8Array(readFileSync(join(folder, name))) }));

const PIXELS = 0x7fe00010;
const file = (parts: ImageParts, syntax?: string) => ({ bytes: dicom(image(parts), syntax) });
const filled = (value: number) => element(PIXELS, "OW", u16(...Array<number>(12).fill(value)));
const slice = (z: number, parts: ImageParts = {}) =>
  file({
    position: `-10\\20\\${z}`,
    orientation: "1\\0\\0\\0\\1\\0",
    spacing: "0.7\\0.5",
    pixels: filled(z),
    instance: z,
    ...parts,
  });

describe("DICOM geometry (D-2)", () => {
  test("slices are sorted along the normal, whatever their order and numbers", async () => {
    const volume = await readImage([slice(9, { instance: 1 }), slice(3, { instance: 2 }), slice(6, { instance: 3 })]);
    expect(volume.size).toEqual([3, 4, 3]);
    expect([0, 12, 24].map((i) => volume.data[i])).toEqual([3, 6, 9]);
    expect(volume.ijkToLps).toEqual([0.5, 0, 0, -10, 0, 0.7, 0, 20, 0, 0, 3, 3, 0, 0, 0, 1]);
    expect(volume.unit).toBe("mm");
    expect(volume.warnings).toEqual([]);
  });

  test("an oblique stack keeps its directions", async () => {
    const angle = (17 * Math.PI) / 180;
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    const orientation = `1\\0\\0\\0\\${c}\\${s}`;
    const at = (k: number) => `0\\${-s * 3.3 * k}\\${c * 3.3 * k}`;
    const files = [2, 0, 1].map((k) => slice(k, { orientation, position: at(k), pixels: filled(k) }));
    const volume = await readImage(files);
    const corner = transformPoint(volume.ijkToLps, [2, 3, 2]);
    const expected = [2 * 0.5, c * 0.7 * 3 - s * 6.6, s * 0.7 * 3 + c * 6.6];
    expectNear(corner, expected, 4);
    expect([0, 12, 24].map((i) => volume.data[i])).toEqual([0, 1, 2]);
  });

  test("uneven distances are said, not resampled", async () => {
    const volume = await readImage([slice(0), slice(3), slice(9)]);
    expect(volume.size[2]).toBe(3);
    expect(volume.warnings.join()).toContain("3.00 to 6.00 mm");
  });

  test("of frames at one position the first is read", async () => {
    const volume = await readImage([slice(0), slice(3), slice(3, { instance: 8, pixels: filled(99) })]);
    expect(volume.size[2]).toBe(2);
    expect(volume.data.includes(99)).toBe(false);
    expect(volume.warnings.join()).toContain("left out: CT of 1 slice (repetition 2)");
  });

  test("a gantry tilt stays in the affine as shear", async () => {
    const volume = await readImage([
      slice(0),
      slice(3, { position: "-10\\21\\3" }),
      slice(6, { position: "-10\\22\\6" }),
    ]);
    expect(volume.ijkToLps.slice(0, 12)).toEqual([0.5, 0, 0, -10, 0, 0.7, 1, 20, 0, 0, 3, 0]);
    expect(volume.warnings.join()).toContain("18.4°");
  });

  test("of two series the longer is read; other files are left out", async () => {
    const other = slice(0, { series: "9.9" });
    const volume = await readImage([other, slice(0), slice(3), { name: "README", bytes: new Uint8Array(20) }]);
    expect(volume.size[2]).toBe(2);
    expect(volume.warnings.join()).toContain("2 series");
    expect(volume.warnings.join()).toContain("1 other file is left out");
  });

  test("a scout of another orientation is left out", async () => {
    const scout = slice(1, { orientation: "0\\1\\0\\0\\0\\-1" });
    const volume = await readImage([scout, slice(0), slice(3)]);
    expect(volume.size[2]).toBe(2);
    expect(volume.warnings.join()).toContain("another orientation");
  });

  test("without positions frames are pictures in their own order", async () => {
    const volume = await readImage([file({ frames: "3", pixels: element(PIXELS, "OW", new Uint8Array(72)) })]);
    expect(volume.size).toEqual([3, 4, 3]);
    expect(volume.unit).toBe("px");
  });

  test("detector spacing is millimetres with a warning", async () => {
    const volume = await readImage([
      { bytes: dicom([...image().slice(0, 3), element(0x00181164, "DS", "0.2\\0.1"), ...image().slice(3)]) },
    ]);
    expect(spacingOf(volume.ijkToLps).slice(0, 2)).toEqual([0.1, 0.2]);
    expect(volume.warnings.join()).toContain("detector");
  });
});

describe("DICOM values (D-6)", () => {
  test("one slope for all keeps stored 16-bit values", async () => {
    const volume = await readImage([slice(1, { slope: "2", intercept: "-1024" })]);
    expect(volume.data).toBeInstanceOf(Uint16Array);
    expect(volume.rescale).toEqual({ slope: 2, intercept: -1024 });
  });

  test("slopes that differ by slice become float32 modality values", async () => {
    const volume = await readImage([slice(1, { slope: "2" }), slice(3, { slope: "0.5", intercept: "1" })]);
    expect(volume.data).toBeInstanceOf(Float32Array);
    expect([volume.data[0], volume.data[12]]).toEqual([2, 2.5]);
    expect(volume.rescale).toEqual({ slope: 1, intercept: 0 });
  });

  test("signed 12 bits in 16 extend their sign and drop what lies above", async () => {
    const pixels = element(PIXELS, "OW", u16(0xf801, 0x07ff, 0xafff, ...Array<number>(9).fill(0)));
    const volume = await readImage([file({ stored: 12, signed: true, pixels })]);
    expect([...volume.data.slice(0, 3)]).toEqual([-2047, 2047, -1]);
  });

  test("MONOCHROME1 is told, not applied", async () => {
    const volume = await readImage([slice(7, { photometric: "MONOCHROME1" })]);
    expect([volume.inverted, volume.data[0]]).toEqual([true, 7]);
  });

  test("padding stays out of the proposed window", async () => {
    const values = [63536, 63536, 63536, 63536, 63536, 63536, 10, 20, 30, 40, 50, 60];
    const extra = [element(0x00280120, "SS", u16(63536))];
    const volume = await readImage([
      file({ signed: true, extra: extra, pixels: element(PIXELS, "OW", u16(...values)) }),
    ]);
    expect(volume.data[0]).toBe(-2000);
    expect(volume.windows[0]!.center - volume.windows[0]!.width / 2).toBeGreaterThan(0);
  });

  test("windows come as arrays with their names", async () => {
    const extra = [
      element(0x00281050, "DS", "40\\300"),
      element(0x00281051, "DS", "400\\1500"),
      element(0x00281055, "LO", "SOFT\\O'HARA^J"),
    ];
    const volume = await readImage([file({ extra })]);
    expect(volume.windows).toEqual([
      { name: "SOFT", center: 40, width: 400 },
      { name: "File window 2", center: 300, width: 1500 },
    ]);
  });
});

const study = dataPath("tests/ct_dicom_j2k");

describe("the abdominal CT", needsData("tests/ct_dicom_j2k"), () => {
  test("reads in order with 2 mm slices, and lies where its labels lie", async () => {
    const ct = await readImage(folderFiles(join(study!, "series")).reverse());
    expect(ct.size).toEqual([512, 512, 20]);
    expect(spacingOf(ct.ijkToLps)[2]).toBeCloseTo(2, 3);
    expect(ct.data).toBeInstanceOf(Uint16Array);
    expect(ct.warnings).toEqual([]);
    const labels = await readImage([{ bytes: new Uint8Array(readFileSync(join(study!, "labels.nii.gz"))) }]);
    const box = (volume: typeof ct) => {
      const [i, j, k] = volume.size;
      const points = [0, i - 1].flatMap((x) =>
        [0, j - 1].flatMap((y) => [0, k - 1].map((z) => transformPoint(volume.ijkToLps, [x, y, z]))),
      );
      return [0, 1, 2].flatMap((axis) => [
        Math.min(...points.map((p) => p[axis]!)),
        Math.max(...points.map((p) => p[axis]!)),
      ]);
    };
    expectNear(box(ct), box(labels), 2);
    expect(meanUnder(ct, labels)).toBeGreaterThan(0);
  });
});

/** Mean HU under any label, found through patient space: soft tissue, not air, when the two agree. */
function meanUnder(ct: Awaited<ReturnType<typeof readImage>>, labels: Awaited<ReturnType<typeof readImage>>): number {
  const [width, height, depth] = labels.size;
  const [a = 1, , , x0 = 0, , e = 1, , y0 = 0, , , s = 1, z0 = 0] = ct.ijkToLps;
  let sum = 0;
  let count = 0;
  for (let n = 0; n < width * height * depth; n += 7) {
    if (!labels.data[n]) continue;
    const point = transformPoint(labels.ijkToLps, [
      n % width,
      Math.floor(n / width) % height,
      Math.floor(n / (width * height)),
    ]);
    const [i, j, k] = [
      Math.round((point[0] - x0) / a),
      Math.round((point[1] - y0) / e),
      Math.round((point[2] - z0) / s),
    ];
    sum += ct.data[(k * ct.size[1] + j) * ct.size[0] + i]! * ct.rescale.slope + ct.rescale.intercept;
    count++;
  }
  return sum / count;
}

describe(
  "other real series",
  needsData("tests/pet_dicom_seg", "tests/mr_dicom_t1w", "tests/ct_dicom_gantry_tilt", "tests/dicom_vendors"),
  () => {
    test.each([
      ["tests/pet_dicom_seg/PET", [128, 128, 299], "PT"],
      ["tests/mr_dicom_t1w", [274, 384, 16], "MR"],
      ["tests/ct_dicom_gantry_tilt", [512, 512, 4], "CT"],
      ["tests/dicom_vendors/generic/compressed_rle/001", undefined, undefined],
      ["tests/dicom_vendors/generic/compressed_jpegls/001", undefined, undefined],
      ["tests/dicom_vendors/generic/compressed_j2k/001", undefined, undefined],
    ])("%s reads as one volume in millimetres", async (folder, size, modality) => {
      const files = folderFiles(dataPath(folder)!);
      const volume = await readImage(files);
      if (size) expect(volume.size).toEqual(size);
      else expect(volume.size[2]).toBe(files.length);
      if (modality) expect(volume.modality).toBe(modality);
      expect(volume.unit).toBe("mm");
    });
  },
);
