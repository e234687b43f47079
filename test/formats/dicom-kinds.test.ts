/** Which object, which series: the kinds behind the reports 02, 04, 05 and 08. */
import { describe, expect, test } from "vitest";
import { spacingOf, transformPoint } from "../../core/image/geometry.ts";
import { planesOf, sliceOf } from "../../core/image/slice.ts";
import type { Volume } from "../../core/image/volume.ts";
import { listImages, readImage } from "../../formats/index.ts";
import {
  at,
  CLASS,
  cs,
  ds,
  type Elements,
  fd,
  is,
  type ObjectParts,
  object,
  sq,
  stack,
  steps,
  us,
} from "./dicom-objects.ts";
import { dicom, element } from "./dicom-writer.ts";
import { codeOf, expectNear } from "./support.ts";

const said = ({ warnings }: Volume) => warnings.join("\n");
/** First value of each slice. */
const values = ({ data, size }: Volume) => Array.from({ length: size[2] }, (_, k) => data[k * size[0] * size[1]]);
/** Where the first pixel of each slice lies. */
const heights = (volume: Volume) =>
  Array.from({ length: volume.size[2] }, (_, k) => transformPoint(sliceOf(volume, "native", k).xyToLps, [0, 0, 0])[2]);

describe("the image that is meant (02)", () => {
  const ct = stack(steps(4, 3));
  const other = (parts: ObjectParts, count = 9) => stack(steps(count, 3), { series: "9.9", ...parts });
  test.each([
    { name: "a PET of more slices", files: other({ modality: "PT", sop: CLASS.pet }) },
    { name: "a SEG of more frames", files: [object({ modality: "SEG", sop: CLASS.seg, series: "9.9", frames: 40 })] },
    {
      name: "a dose of more frames",
      files: [object({ modality: "RTDOSE", sop: CLASS.dose, series: "9.9", frames: 40 })],
    },
    { name: "captured reports", files: other({ sop: CLASS.capture }) },
    { name: "captures without a modality", files: other({ modality: "OT", sop: CLASS.capture }) },
    { name: "localizers", files: other({ more: cs(0x00080008, "ORIGINAL\\PRIMARY\\LOCALIZER") }) },
    { name: "an ultrasound clip", files: [object({ modality: "US", sop: CLASS.us, series: "9.9", frames: 90 })] },
    { name: "a monitoring series at one position", files: other({ more: at(7) }, 30) },
  ])("a CT is read beside $name, in any order, and the other can be chosen", async ({ files }) => {
    for (const set of [
      [...files, ...ct],
      [...ct, ...files],
    ]) {
      const volume = await readImage(set);
      expect([volume.modality, volume.size[2], values(volume)]).toEqual(["CT", 4, [1, 2, 3, 4]]);
      expect(said(volume)).toContain("left out");
      const all = listImages(set)
        .studies.flatMap(({ series }) => series)
        .flatMap(({ images }) => images);
      expect(all.length).toBeGreaterThan(1);
      expect(all.map(({ index }) => index)).toEqual(all.map((_, n) => n));
      expect((await readImage(set, { choose: 1 })).size).toEqual(all[1]!.size);
    }
  });

  test("what is alone is read, whatever it is", async () => {
    for (const parts of [
      { modality: "SEG", sop: CLASS.seg },
      { modality: "RTDOSE", sop: CLASS.dose },
      { sop: CLASS.capture },
    ])
      expect((await readImage(stack(steps(3, 2), parts))).size[2]).toBe(3);
  });

  test("a broken file is left out, named by its place, and the rest opens", async () => {
    const files = stack(steps(5, 2));
    files[2] = { bytes: files[2]!.bytes.slice(0, 300) };
    const volume = await readImage(files);
    expect(heights(volume)).toEqual([0, 2, 6, 8]);
    expect(said(volume)).toContain("File 3 of those given");
    expect(await codeOf(readImage([files[2]!]))).toBe("MalformedFile");
    expect(listImages(files).left.map(({ file }) => file)).toEqual([2]);
  });

  test("a DICOMDIR beside its files is passed over in silence; alone it says what it is", async () => {
    const directory = {
      bytes: dicom([element(0x00041130, "CS", "DISC"), element(0x00041220, "SQ", new Uint8Array())]),
    };
    expect((await readImage([directory, ...stack(steps(3, 2))])).warnings).toEqual([]);
    const failure = await readImage([directory]).catch((thrown: unknown) => thrown);
    expect(String(failure)).toContain("DICOMDIR");
  });

  test("an unknown transfer syntax is refused without being repeated", async () => {
    const { bytes } = object({ syntax: "1.2.3.4567" });
    const failure = String(await readImage([{ bytes }]).catch((thrown: unknown) => thrown));
    expect(failure).toContain("transfer syntax");
    expect(failure).not.toContain("4567");
  });

  test("the source names every slice's instance and frame", async () => {
    const volume = await readImage(stack([6, 0, 3], { more: { 2097234: element(0x00200052, "UI", "1.2.77") } }));
    expect(volume.source).toMatchObject({
      studyInstanceUid: "1.2",
      seriesInstanceUid: "1.2.3",
      frameOfReferenceUid: "1.2.77",
    });
    const uids = volume.source!.slices.map(({ sopInstanceUid }) => Number(sopInstanceUid.split(".").at(-1)));
    expect([uids[1]! - uids[2]!, uids[0]! - uids[2]!]).toEqual([2, 1]);
    expect(volume.source!.slices.every(({ sopClassUid, frame }) => sopClassUid === CLASS.ct && frame === 1)).toBe(true);
    const frames = await readImage([object({ frames: 3, more: { ...at(0), ...ds(0x00180088, 2) } })]);
    expect(frames.source!.slices.map(({ frame }) => frame)).toEqual([1, 2, 3]);
  });
});

describe("frames at one position (04)", () => {
  const b = (value: number) => fd(0x00189087, value);
  test.each<{ name: string; traits: readonly Elements[]; note: string }>([
    { name: "time points", traits: [is(0x00200100, 1), is(0x00200100, 2)], note: "time point 2" },
    { name: "echo numbers", traits: [is(0x00180086, 1), is(0x00180086, 2)], note: "echo 2" },
    { name: "echo times", traits: [ds(0x00180081, 4.6), ds(0x00180081, 9.2)], note: "echo time 9.2" },
    { name: "b-values", traits: [b(0), b(1000), b(2000)], note: "b-value 1000" },
    {
      name: "b-values of Siemens",
      traits: [0, 800].map((value) => ({ ...element2(0x00080070, "SIEMENS"), ...is(0x0019100c, value) })),
      note: "b-value 800",
    },
    { name: "trigger times", traits: [ds(0x00181060, 10), ds(0x00181060, 310)], note: "cardiac phase 310" },
    { name: "acquisitions", traits: [is(0x00200012, 4), is(0x00200012, 5)], note: "acquisition 5" },
    {
      name: "kernels",
      traits: [{ ...element2(0x00181210, "B30f") }, { ...element2(0x00181210, "B70f") }],
      note: "another kernel",
    },
    { name: "acquisition times", traits: [element3("101010.5"), element3("101510.25")], note: "acquisition time" },
  ])("$name stay apart however the instances are numbered", async ({ traits, note }) => {
    const files = traits.flatMap((trait, n) =>
      steps(6, 2.5).map((z, k) =>
        object({ instance: ((k * 7 + n * 3) % 11) + 1, value: 100 * (n + 1) + k, more: { ...at(z), ...trait } }),
      ),
    );
    const volume = await readImage(files.toReversed());
    expect(values(volume)).toEqual([100, 101, 102, 103, 104, 105]);
    expect(said(volume)).toContain(note);
    const all = listImages(files).studies[0]!.series[0]!.images;
    expect(all.length).toBe(traits.length);
    expect(values(await readImage(files, { choose: 1 }))[0]).toBe(200);
  });

  test("time points whose slices lie between each other's are not mixed into one stack", async () => {
    const files = [0, 1].flatMap((n) =>
      steps(5, 3, n * 1.5).map((z, k) =>
        object({ instance: k * 2 + n, value: 100 * (n + 1) + k, more: { ...at(z), ...is(0x00200100, n + 1) } }),
      ),
    );
    expect(values(await readImage(files))).toEqual([100, 101, 102, 103, 104]);
  });

  test("positions that jitter are the same position", async () => {
    const files = [0, 1].flatMap((n) =>
      steps(6, 3).map((z, k) => object({ instance: 10 * n + k, value: 10 * n + k, more: at(z + n * 0.013) })),
    );
    const volume = await readImage(files);
    expect(values(volume)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(said(volume)).toContain("repetition 2");
  });

  test("thin slices are not taken for jitter", async () => {
    expect((await readImage(stack(steps(8, 0.012)))).size[2]).toBe(8);
    expect((await readImage(stack([...steps(8, 0.05), 90]))).size[2]).toBe(8);
  });

  test("acquisitions that follow each other with one slice in common stay one stack", async () => {
    const files = steps(10, 2).map((z, k) =>
      object({ instance: k + 1, value: k, more: { ...at(z), ...is(0x00200012, k < 5 ? 1 : 2) } }),
    );
    files.push(object({ instance: 99, value: 99, more: { ...at(8), ...is(0x00200012, 2) } }));
    expect(values(await readImage(files))).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

describe("stacks that are not even (05, D-2)", () => {
  test.each([
    { name: "a missing slice", places: [0, 3, 6, 12, 15, 18] },
    { name: "a step that changes", places: [0, 5, 10, 12, 14, 16] },
    { name: "steps that grow", places: [0, 1, 2.5, 4.5, 7] },
  ])("$name leaves every slice where it is", async ({ places }) => {
    const volume = await readImage(stack(places).reverse());
    expectNear(heights(volume), places, 6);
    expect(planesOf(volume)).toEqual(["native"]);
    expect(said(volume)).toContain("Slice distances differ");
  });

  test("rounded positions are even", async () => {
    const volume = await readImage(stack(steps(9, 0.625).map((z) => Math.round(z * 10) / 10)));
    expect(volume.slicePositions).toBeUndefined();
    expect(spacingOf(volume.ijkToLps)[2]).toBeCloseTo(0.625, 2);
  });

  test.each([
    {
      name: "turned",
      more: { ...at(9), ...ds(0x00200037, 0.98, 0.199, 0, -0.199, 0.98, 0) },
      note: "another orientation",
    },
    { name: "of another pixel pitch", more: at(9, { pitch: [0.9, 0.9] }), note: "another pixel spacing" },
    { name: "without a position", more: ds(0x00280030, 0.7, 0.5), note: "" },
    { name: "far away", more: at(900), note: "far from the other slices" },
  ])("one slice $name is left out and said", async ({ more, note }) => {
    const volume = await readImage([...stack([0, 3, 6, 12, 15]), object({ instance: 50, value: 50, more })]);
    expect(values(volume)).not.toContain(50);
    expect(said(volume)).toContain(note);
  });

  test("a sideways jump keeps the position of its slices", async () => {
    const files = steps(6, 2).map((z, k) => object({ instance: k, value: k, more: at(z, { x: k < 3 ? 0 : 15 }) }));
    const volume = await readImage(files);
    const places = [0, 5].map((k) => transformPoint(sliceOf(volume, "native", k).xyToLps, [0, 0, 0])[0]);
    expect(places).toEqual([0, 15]);
  });
});

describe("pitch and place of multi-frame objects (08, D-8)", () => {
  const pitch = ds(0x00280030, 0.4, 0.3);
  const region = sq(0x00186011, {
    ...us(0x00186012, 1),
    ...us(0x00186024, 3),
    ...us(0x00186026, 3),
    ...fd(0x0018602c, 0.02),
    ...fd(0x0018602e, 0.03),
  });
  test.each([
    {
      name: "an ultrasound clip by its region",
      parts: { modality: "US", sop: CLASS.us, more: region },
      expected: [0.2, 0.3],
    },
    {
      name: "an angiography by its detector",
      parts: { modality: "XA", sop: CLASS.xa, more: ds(0x00181164, 0.25, 0.2) },
      expected: [0.2, 0.25],
    },
    { name: "a mammogram", parts: { modality: "MG", more: pitch }, expected: [0.3, 0.4] },
    {
      name: "a CT over time",
      parts: { more: { ...pitch, ...ds(0x00180050, 5), ...ds(0x00181063, 40) } },
      expected: [0.3, 0.4],
    },
  ])("$name keeps its pitch; its frames are no stack", async ({ parts, expected }) => {
    const volume = await readImage([object({ ...parts, frames: 6 })]);
    expect(volume.unit).toBe("mm");
    expectNear(spacingOf(volume.ijkToLps).slice(0, 2), expected, 6);
    expect(planesOf(volume)).toEqual(["native"]);
  });

  test("a SPECT takes place and pitch from its detector, and its slice numbers", async () => {
    const detector = sq(0x00540022, { ...ds(0x00200032, -9, -8, 100), ...ds(0x00200037, 1, 0, 0, 0, 1, 0) });
    const more = { ...pitch, ...ds(0x00180050, 4), ...ds(0x00180088, -4), ...detector, ...us(0x00540080, 1, 2, 3, 4) };
    const volume = await readImage([object({ modality: "NM", sop: CLASS.nm, frames: 4, more })]);
    expect(planesOf(volume)).toContain("coronal");
    expectNear(spacingOf(volume.ijkToLps), [0.3, 0.4, 4], 6);
    expect(heights(volume)).toContain(100);
  });

  test("a classic CT of frames with slice locations lies where they say", async () => {
    const more = { ...at(50), ...ds(0x00182005, 50, 52, 54, 56) };
    expectNear(heights(await readImage([object({ frames: 4, more })])), [50, 52, 54, 56], 6);
  });

  test("projections of one series at no position keep their pitch", async () => {
    const files = [1, 2, 3].map((n) =>
      object({ modality: "XA", sop: CLASS.xa, instance: n, more: ds(0x00181164, 0.2, 0.2) }),
    );
    expectNear(spacingOf((await readImage(files)).ijkToLps).slice(0, 2), [0.2, 0.2], 6);
  });
});

function element2(tag: number, value: string): Elements {
  return { [tag]: element(tag, "SH", value) };
}

function element3(time: string): Elements {
  return { 524338: element(0x00080032, "TM", time) };
}
