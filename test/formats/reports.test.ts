/** Reports of users, a folder a fault: `../shared/data/tests/reports/NN-*`, each with the right values in `expected.txt`. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { axisOf, spacingOf, transformPoint } from "../../core/image/geometry.ts";
import { planesOf, sliceOf } from "../../core/image/slice.ts";
import { defaultWindow, windowToBytes } from "../../core/image/window.ts";
import { listImages, readImage } from "../../formats/index.ts";
import { dataPath } from "../support/data.ts";
import { codeOf, expectNear } from "./support.ts";

const root = dataPath("tests/reports");
const folder = (name: string) => join(root ?? "", name);
const filesOf = (name: string) =>
  readdirSync(folder(name))
    .filter((file) => file !== "expected.txt")
    .map((file) => ({ name: file, bytes: new Uint8Array(readFileSync(join(folder(name), file))) }));
const read = (name: string) => readImage(filesOf(name));
const said = ({ warnings }: { warnings: readonly string[] }) => warnings.join("\n");
const lastValues = (name: string, bytes: number) => {
  const { buffer, length } = filesOf(name)[0]!.bytes;
  return [...new Int16Array(buffer.slice(length - bytes, length))];
};

describe.skipIf(!root)("which object, which series (reports)", () => {
  test("02 a CT is read before a SEG of more frames, which is listed", async () => {
    const volume = await read("02-ct-with-seg");
    expect([volume.modality, volume.size]).toEqual(["CT", [32, 24, 6]]);
    expect(volume.data).toBeInstanceOf(Int16Array);
    expect(said(volume)).toContain("SEG segmentation of");
    const [study] = listImages(filesOf("02-ct-with-seg")).studies;
    expect(study!.series.map(({ modality }) => modality)).toEqual(["CT", "SEG"]);
    const seg = await readImage(filesOf("02-ct-with-seg"), { choose: study!.series[1]!.images[0]!.index });
    expect(seg.modality).toBe("SEG");
  });

  test("04 two phases with mixed instance numbers stay apart", async () => {
    const volume = await read("04-two-phases-random-instance-numbers");
    expect(volume.size[2]).toBe(6);
    expect(new Set(Array.from(volume.data, (value) => value % 2)).size).toBe(1);
    expect(said(volume)).toContain("time point 2");
  });

  test("05 a slice far from the others is no part of them", async () => {
    const volume = await read("05-distant-slice-same-orientation");
    expect(volume.size[2]).toBe(6);
    expect(spacingOf(volume.ijkToLps)[2]).toBeCloseTo(3, 6);
    expect(said(volume)).toContain("CT localizer of 1 slice");
  });

  test("05b where the step changes every slice keeps its position, and it is said", async () => {
    const volume = await read("05b-head-ct-2.5-then-7.5mm");
    expect(volume.slicePositions?.[5]?.[2]).toBeCloseTo(12.5, 6);
    expect(said(volume)).toContain("cannot hold it exactly");
    expect(planesOf(volume)).toEqual(["native"]);
  });

  test("06 a list axis is no axis of space", async () => {
    const volume = await read("06-nrrd-list-axis-first");
    expect(volume.size).toEqual([12, 14, 8]);
    expectNear(spacingOf(volume.ijkToLps), [2, 2, 3], 6);
    expect(said(volume)).toContain("5 volumes");
  });

  test("07 a slope of NaN scales nothing", async () => {
    const volume = await read("07-nifti-nan-slope");
    expect(volume.rescale).toEqual({ slope: 1, intercept: 0 });
    expect(said(volume)).toContain("scl_slope");
  });

  test.each([
    ["08-cine-one-position", [1, 2], 8],
    ["08b-xa-multiframe", [0.2, 0.2], undefined],
    ["08d-cbct-multiframe", [0.3, 0.3], undefined],
  ])("%s keeps its pixel pitch", async (name, pitch, frames) => {
    const volume = await read(name);
    expect(volume.unit).toBe("mm");
    expectNear(spacingOf(volume.ijkToLps).slice(0, 2), pitch, 6);
    if (frames) expect(volume.size[2]).toBe(frames);
  });

  test("08 a cine is cut in its own plane only; a cone beam CT in three", async () => {
    expect(planesOf(await read("08-cine-one-position"))).toEqual(["native"]);
    expect(said(await read("08b-xa-multiframe"))).toContain("detector");
    const cbct = await read("08d-cbct-multiframe");
    expect(planesOf(cbct)).toContain("coronal");
    expect(spacingOf(cbct.ijkToLps)[2]).toBeCloseTo(0.3, 6);
    expect(said(cbct)).toContain("slice thickness");
  });
});

describe.skipIf(!root)("what is seen (reports)", () => {
  test("09 12 bits of colour in 16 are bright", async () => {
    const volume = await read("09-rgb-12-in-16");
    expect(Math.max(...volume.data)).toBeGreaterThan(240);
    expect(said(volume)).toContain("12-bit colour");
  });

  test("10 the orientation tag of a TIFF turns it", async () => {
    const { size, data } = await read("10-tiff-orientation-6");
    expect(size).toEqual([40, 60, 1]);
    const at = (x: number, y: number) => data[(y * 40 + x) * (data.length / 2400)]!;
    expect(at(38, 1)).toBeGreaterThan(at(1, 1));
    expect(at(38, 1)).toBeGreaterThan(at(1, 58));
  });

  test("16 a VOI LUT is applied", async () => {
    const volume = await read("16-voi-lut-sequence");
    const [window] = volume.windows;
    expect(window?.curve?.greys.length).toBeGreaterThan(16);
    const slice = sliceOf(volume, "native", 0);
    const { center, width } = defaultWindow(volume);
    expect(windowToBytes(slice, { center, width })).toEqual(windowToBytes(slice, window!));
  });

  test("17 a dim picture is shown by the automatic window, named as such", async () => {
    expect(defaultWindow(await read("17-dim-8-bit-picture")).name).toMatch(/^auto/);
  });
});

describe.skipIf(!root)("bytes (reports)", () => {
  test("20 a TIFF preamble does not make a TIFF", async () => {
    const volume = await read("20-dicom-tiff-preamble");
    expect([volume.modality, volume.size.slice(0, 2)]).toEqual(["CT", [64, 64]]);
  });

  test("21 nor in a series, for one file or for all", async () => {
    const files = filesOf("21-series-one-tiff-preamble");
    const all = files.map(({ bytes }) => {
      const copy = bytes.slice();
      copy.set([0x49, 0x49, 0x2a, 0]);
      return { bytes: copy };
    });
    for (const set of [files, all]) {
      const volume = await readImage(set);
      expect(volume.size).toEqual([16, 12, 6]);
      expectNear(spacingOf(volume.ijkToLps), [0.8, 0.6, 2.5], 6);
      expect(volume.warnings).toEqual([]);
    }
  });

  test("22 a JPEG without a word on its colours is what the data set says", async () => {
    const volume = await read("22-jpeg-rgb-no-marker");
    const at = (y: number) => [...volume.data.slice((y * 64 + 20) * 3, (y * 64 + 20) * 3 + 3)];
    for (const [n, value] of [200, 60, 60].entries()) expect(Math.abs(at(10)[n]! - value)).toBeLessThanOrEqual(3);
    for (const value of at(50)) expect(Math.abs(value - 120)).toBeLessThanOrEqual(3);
  });

  test("25 a modality LUT stands alone", async () => {
    const volume = await read("25-modality-lut-and-rescale");
    expect(volume.rescale).toEqual({ slope: 1, intercept: 0 });
  });

  test.each(["23-nrrd-byte-skip", "24-nrrd-line-skip"])("%s is skipped", async (name) => {
    expect([...(await read(name)).data]).toEqual(lastValues(name, 420));
  });

  test("26 offsets of 480 frames are read to the end", async () => {
    const volume = await read("26-rtdose-480-frames");
    expectNear(spacingOf(volume.ijkToLps), [2, 2.5, 3], 6);
    expectNear(transformPoint(volume.ijkToLps, [0, 0, 0]), [-10, -20, 30], 6);
    expect(axisOf(volume.ijkToLps, 2)[2]).toBeCloseTo(3, 6);
  });

  test("27 a SEG of two segments names the one that is left out", async () => {
    const volume = await read("27-seg-two-segments");
    expect(volume.size[2]).toBe(4);
    expect(said(volume)).toContain("segment 2");
  });

  test.each(["28-rescale-slope-0", "29-pixel-spacing-0"])("%s opens with a warning", async (name) => {
    const volume = await read(name);
    expect(volume.rescale.slope).toBe(1);
    expect(said(volume)).not.toBe("");
    if (name.startsWith("29")) expect(volume.unit).toBe("px");
  });

  test("30 four kilobytes that claim 2 GB are refused by arithmetic", async () => {
    const before = process.memoryUsage().rss;
    expect(await codeOf(read("30-dos-jpeg-2000"))).toBe("TooLarge");
    expect(process.memoryUsage().rss - before).toBeLessThan(256 * 2 ** 20);
  });
});
