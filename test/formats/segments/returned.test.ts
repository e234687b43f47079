/** Exports that are not one labelmap (archives, COCO, GeoJSON) come back as they were written; hostile ones are refused. */
import { describe, expect, test } from "vitest";
import type { Segmentation } from "../../../core/annotation/segmentation.ts";
import { sliceGrid } from "../../../core/image/slice.ts";
import { decodeRle, encodeRle } from "../../../core/mask/rle.ts";
import { readSegments } from "../../../formats/index.ts";
import { SEGMENTATION_FORMATS, type SegmentationFormatId } from "../../../formats/write/registry.ts";
import type { OverlapChoice } from "../../../formats/write/writer.ts";
import { writeZip } from "../../../formats/write/zip.ts";
import { ORIENTATIONS } from "../../core/support/affines.ts";
import { IDENTITY, SIZE } from "./phantom.ts";
import { type Grid, resultOn, SEGMENTS, targetOf, voxelsOfImport, voxelsOfResult } from "./results.ts";

const grid: Grid = { ijkToLps: ORIENTATIONS[3]! };

/** What the page downloads: the one file, or an archive of several. */
async function download(result: Segmentation, id: SegmentationFormatId, overlap: OverlapChoice = "smaller") {
  const write = await SEGMENTATION_FORMATS.find((format) => format.id === id)!.load();
  const files = write(result, { stem: "x", overlap }).files();
  return files.length === 1 ? files[0]!.bytes : writeZip(files);
}

const bytesOf = (json: unknown) => new TextEncoder().encode(typeof json === "string" ? json : JSON.stringify(json));
const names = SEGMENTS.map(({ name, colour }) => ({ name, colour: colour.toLowerCase() }));
const whole = [
  ["nifti", "separate"],
  ["nifti", "4d"],
  ["volview", "smaller"],
  ["png-all", "separate"],
  ["coco", "smaller"],
  ["coco-compressed", "smaller"],
  ["geojson", "smaller"],
] as const;

describe("what was exported comes back voxel by voxel, with names and colours", () => {
  test.each(whole)("%s, %s", async (id, overlap) => {
    const result = await readSegments(await download(resultOn(grid), id, overlap), targetOf(grid));
    const ordered = {
      ...result,
      segments: SEGMENTS.map(({ name }) => result.segments.find((one) => one.name === name)!),
    };
    expect(voxelsOfImport(ordered, SIZE[0])).toEqual(voxelsOfResult(resultOn(grid)));
    expect(ordered.segments.map(({ name, colour }) => ({ name, colour }))).toEqual(names);
  });

  test.each([
    ["nifti", "earlier"],
    ["png-all", "earlier"],
  ] as const)("%s with one number a place, where the first one wins", async (id, overlap) => {
    const result = await readSegments(await download(resultOn(grid), id, overlap), targetOf(grid));
    const drawn = voxelsOfResult(resultOn(grid));
    const liver = new Set(drawn.filter((voxel) => voxel.startsWith("0 ")));
    const kept = drawn.filter((voxel) => !(voxel.startsWith("1 ") && liver.has(voxel.replace("1 ", "0 "))));
    expect(kept.length).toBeLessThan(drawn.length);
    expect(voxelsOfImport(result, SIZE[0])).toEqual(kept);
    expect(result.segments.at(-1)).toMatchObject({ name: "spot" });
    expect(result.segments[0]?.code).toEqual(SEGMENTS[0]!.code);
  });

  test.each(["png-all", "coco", "geojson"] as const)("%s, of a coronal slice", async (id) => {
    const { width, height } = sliceGrid(targetOf(grid), "coronal");
    const data = Uint8Array.from({ length: width * height }, (_, n) => Number(n % 7 < 3 && n > width));
    const mask = { width, height, data };
    const masks = [{ segmentId: "s2", plane: "coronal", slice: 4, mask, origin: "prompted" }] as const;
    const result = await readSegments(await download({ ...resultOn(grid), masks }, id), targetOf(grid));
    const [segment] = result.segments.filter((found) => found.masks.length > 0);
    expect(segment?.name).toBe(SEGMENTS[1]!.name);
    expect(segment?.masks).toEqual([{ plane: "coronal", slice: 4, rle: encodeRle(mask) }]);
  });
});

describe("other people's files on a picture of one slice", () => {
  const target = targetOf({ ijkToLps: IDENTITY, size: [8, 6, 1], unit: "px" });
  const image = { id: 7, file_name: "photo.jpg", width: 8, height: 6 };

  test("COCO's polygons and its instances: two of a kind are two segments, parts of one add up", async () => {
    const square = (x: number, y: number) => [x, y, x + 2, y, x + 2, y + 2, x, y + 2];
    const annotations = [
      { image_id: 7, category_id: 3, segmentation: [square(0, 0), square(1, 1)] },
      { image_id: 7, category_id: 3, segmentation: [square(5, 2)] },
    ];
    const { segments } = await readSegments(
      bytesOf({ images: [image], annotations, categories: [{ id: 3, name: "cell" }] }),
      target,
    );
    expect(segments.map(({ name }) => name)).toEqual(["cell", "cell 2"]);
    const areas = segments.map(({ masks }) => decodeRle(masks[0]!.rle).data.filter(Boolean).length);
    expect(areas).toEqual([7, 4]);
  });

  test("QuPath's list of features, with a hole, and a line that encloses nothing", async () => {
    const ring = (a: number, b: number) => [
      [a, a],
      [b, a],
      [b, b],
      [a, b],
      [a, a],
    ];
    const classification = { name: "Tumor", color: [200, 0, 0] };
    const { segments, warnings } = await readSegments(
      bytesOf([
        {
          type: "Feature",
          geometry: { type: "Polygon", coordinates: [ring(0, 5), ring(1, 3)] },
          properties: { classification },
        },
        {
          type: "Feature",
          geometry: {
            type: "LineString",
            coordinates: [
              [0, 0],
              [3, 3],
            ],
          },
          properties: {},
        },
      ]),
      target,
    );
    expect(segments).toMatchObject([{ name: "Tumor", colour: "#c80000" }]);
    expect(decodeRle(segments[0]!.masks[0]!.rle).data.filter(Boolean).length).toBe(25 - 4);
    expect(warnings).toEqual(["Points and lines enclose nothing and are left out."]);
  });

  const annotation = { image_id: 7, category_id: 1, segmentation: { size: [6, 8], counts: [48] } };
  const coco = (change: object, other: object = {}) => ({
    images: [{ ...image, ...other }],
    annotations: [{ ...annotation, ...change }],
    categories: [],
  });
  test.each([
    ["runs that do not fill the slice", coco({ segmentation: { size: [6, 8], counts: [1e9] } }), "MalformedFile"],
    ["runs that are none", coco({ segmentation: { size: [6, 8], counts: "\u0000zz" } }), "MalformedFile"],
    ["runs of another size", coco({ segmentation: { size: [9e9, 8], counts: [48] } }), "MalformedFile"],
    ["half a point", coco({ segmentation: [[1, 2, 3]] }), "MalformedFile"],
    ["an image that is not there", coco({ image_id: 8 }), "MalformedFile"],
    ["a picture of another size", coco({}, { width: 80 }), "DoesNotFit"],
    ["a slice that the image has not", coco({}, { file_name: "x/native-099" }), "DoesNotFit"],
    ["a plane that the image has not", coco({}, { file_name: "x/coronal-001" }), "DoesNotFit"],
    ["JSON of something else", { segments: [] }, "UnsupportedFormat"],
    ["JSON that breaks off", '{"images": [', "UnsupportedFormat"],
    ["a hundred thousand brackets", "[".repeat(100_000), "UnsupportedFormat"],
  ])("%s: %#", async (_, json, code) => {
    await expect(readSegments(bytesOf(json), target)).rejects.toMatchObject({ code });
  });

  test("an archive of texts holds no segments", async () => {
    const zip = writeZip([{ name: "a.txt", type: "text/plain", bytes: new Uint8Array([65, 66]) }]);
    await expect(readSegments(zip, target)).rejects.toMatchObject({ code: "UnsupportedFormat" });
  });
});
