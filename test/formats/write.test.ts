/** A segmentation as files: overlaps are chosen and said, numbers keep their meaning, names tell images and slices apart. */
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import type { Segment, Segmentation, SliceMask } from "../../core/annotation/segmentation.ts";
import { createMask } from "../../core/mask/mask.ts";
import { readImage } from "../../formats/index.ts";
import { SEGMENTATION_FORMATS, type SegmentationFormatId } from "../../formats/write/registry.ts";
import type { OverlapChoice, WriteOptions } from "../../formats/write/writer.ts";
import { writeZip } from "../../formats/write/zip.ts";

const [WIDTH, HEIGHT, SLICES] = [6, 4, 3];

const segment = (number: number, name: string): Segment => ({
  id: `segment-${number}`,
  number,
  name,
  colour: "#56b4e9",
  hidden: false,
  locked: false,
});

/** Columns `from` to `to` of a slice. */
function columns(segmentId: string, slice: number, from: number, to: number): SliceMask {
  const data = Array.from({ length: WIDTH * HEIGHT }, (_, n) => Number(n % WIDTH >= from && n % WIDTH <= to));
  const mask = createMask(WIDTH, HEIGHT, Uint8Array.from(data));
  return { segmentId, plane: "native", slice, mask, origin: "prompted", predictedIou: 0.9 };
}

/** Of two segments the second is smaller and lies half on the first; the numbers have a gap where one was deleted. */
const segmentation: Segmentation = {
  header: {
    imageId: `sha256:${"a".repeat(64)}`,
    size: [WIDTH, HEIGHT, SLICES],
    ijkToLps: [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1],
    unit: "mm",
  },
  segments: [segment(1, "Liver"), segment(3, "Cyst\tone")],
  masks: [columns("segment-1", 1, 0, 3), columns("segment-3", 1, 3, 4), columns("segment-1", 2, 0, 1)],
};

async function write(id: SegmentationFormatId, overlap: OverlapChoice, options: Partial<WriteOptions> = {}) {
  const format = SEGMENTATION_FORMATS.find((known) => known.id === id)!;
  const { covered, files } = (await format.load())(segmentation, { stem: "ct_aaaaaaaa", overlap, ...options });
  const written = files();
  return { covered, names: written.map(({ name }) => name), files: new Map(written.map((file) => [file.name, file])) };
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);
const counts = (data: ArrayLike<number>) => {
  const found: Record<number, number> = {};
  for (const value of Array.from(data)) if (value) found[value] = (found[value] ?? 0) + 1;
  return found;
};

describe("NIfTI", () => {
  test.each<{ overlap: OverlapChoice; expected: Record<number, number>; loser: string }>([
    { overlap: "smaller", expected: { 1: 20, 3: 8 }, loser: "segment-1" },
    { overlap: "later", expected: { 1: 20, 3: 8 }, loser: "segment-1" },
    { overlap: "earlier", expected: { 1: 24, 3: 4 }, loser: "segment-3" },
  ])("$overlap wins, and what the other one loses is said", async ({ overlap, expected, loser }) => {
    const { covered, files } = await write("nifti", overlap);
    const { data } = await readImage([{ bytes: files.get("ct_aaaaaaaa_dseg.nii.gz")!.bytes }]);
    expect(counts(data)).toEqual(expected);
    expect(covered).toEqual([{ segmentId: loser, by: expect.any(String), voxels: HEIGHT }]);
  });

  test("one file for each segment loses nothing", async () => {
    const { covered, names, files } = await write("nifti", "separate");
    expect(covered).toEqual([]);
    expect(names).toContain("ct_aaaaaaaa_03-Cyst-one_mask.nii.gz");
    const { data } = await readImage([{ bytes: files.get("ct_aaaaaaaa_01-Liver_mask.nii.gz")!.bytes }]);
    expect(counts(data)).toEqual({ 1: 24 });
  });

  test("a 4-D file holds a volume for each segment, whole", async () => {
    const { covered, files } = await write("nifti", "4d");
    expect(covered).toEqual([]);
    const { gunzipSync } = await import("fflate");
    const bytes = gunzipSync(files.get("ct_aaaaaaaa_dseg.nii.gz")!.bytes);
    const view = new DataView(bytes.buffer);
    expect([0, 1, 2, 3, 4].map((n) => view.getInt16(40 + 2 * n, true))).toEqual([4, WIDTH, HEIGHT, SLICES, 2]);
    const volume = WIDTH * HEIGHT * SLICES;
    expect(counts(bytes.subarray(352, 352 + volume))).toEqual({ 1: 24 });
    expect(counts(bytes.subarray(352 + volume))).toEqual({ 1: 8 });
  });

  test("names, colours and numbers come beside it, with slices as on the screen", async () => {
    const { files } = await write("nifti", "smaller");
    expect(text(files.get("ct_aaaaaaaa_dseg.tsv")?.bytes)).toBe(
      "index\tname\tcolor\n1\tLiver\t#56B4E9\n3\tCyst one\t#56B4E9\n",
    );
    const facts = JSON.parse(text(files.get("ct_aaaaaaaa_dseg.json")?.bytes));
    expect(facts.imageId).toBe(segmentation.header.imageId);
    expect(facts.covered).toEqual([{ segment: 1, by: 3, voxels: HEIGHT }]);
    expect(facts.segments.map(({ number }: { number: number }) => number)).toEqual([1, 3]);
    expect(facts.segments[0].slices.map(({ slice }: { slice: number }) => slice)).toEqual([2, 3]);
  });
});

describe("PNG", () => {
  test("pixels of a slice are segment numbers, and the slice's number is the one on the screen", async () => {
    const { covered, names, files } = await write("png", "smaller", { slice: { plane: "native", slice: 1 } });
    expect(names).toEqual(["ct_aaaaaaaa_native-002.png", "ct_aaaaaaaa.tsv", "ct_aaaaaaaa.json"]);
    expect(covered).toEqual([{ segmentId: "segment-1", by: "segment-3", voxels: HEIGHT }]);
    const { decode } = await import("fast-png");
    const { data, palette } = decode(files.get("ct_aaaaaaaa_native-002.png")!.bytes);
    expect(counts(data as Uint8Array)).toEqual({ 1: 12, 3: 8 });
    expect(palette?.[3]).toEqual([0x56, 0xb4, 0xe9]);
  });

  test("every slice with a mask, or a mask for each segment", async () => {
    expect((await write("png-all", "smaller")).names.filter((name) => name.endsWith(".png"))).toEqual([
      "ct_aaaaaaaa_native-002.png",
      "ct_aaaaaaaa_native-003.png",
    ]);
    const apart = await write("png-all", "separate");
    expect(apart.covered).toEqual([]);
    expect(apart.names).toContain("ct_aaaaaaaa_native-002_03-Cyst-one.png");
  });
});

describe("COCO", () => {
  test("holds overlapping segments whole, under the numbers and names of the list", async () => {
    const { files, covered } = await write("coco", "smaller");
    const coco = JSON.parse(text(files.get("ct_aaaaaaaa.coco.json")?.bytes));
    expect(covered).toEqual([]);
    expect(coco.annotations.map(({ area }: { area: number }) => area)).toEqual([16, 8, 8]);
    expect(coco.images.map(({ file_name }: { file_name: string }) => file_name)).toEqual([
      "ct_aaaaaaaa/native-002",
      "ct_aaaaaaaa/native-003",
    ]);
    expect(coco.categories).toEqual([
      { id: 1, name: "Liver", color: "#56b4e9" },
      { id: 3, name: "Cyst\tone", color: "#56b4e9" },
    ]);
  });
});

test("several files are one download", async () => {
  const { files } = await write("nifti", "smaller");
  expect(Object.keys(unzipSync(writeZip([...files.values()])))).toEqual([...files.keys()]);
});
