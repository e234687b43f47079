/** COCO object detection JSON (cocodataset.org, "format-data"): run lengths and polygons → masks of slices. */
import { SegmenterError } from "../../../core/errors.ts";
import { fillPolygons, type Vertex } from "../../../core/mask/polygon.ts";
import { decodeRle, encodeRle, rleFromString } from "../../../core/mask/rle.ts";
import { isRecord } from "../../../core/record.ts";
import type { Rle } from "../../../core/wire/common.ts";
import type { ImportResult } from "../../../core/wire/import.ts";
import { malformed } from "../../bytes/fail.ts";
import { createInstances, type Place, placeIn, sizeAt } from "./instances.ts";
import { listIn, textIn } from "./json.ts";
import type { Target } from "./layer.ts";
import { type Label, shadeOf } from "./legend.ts";

type Fields = Readonly<Record<string, unknown>>;

export const isCoco = (json: unknown): json is Fields =>
  isRecord(json) && Array.isArray(json.annotations) && Array.isArray(json.images);

/** Categories are segments. Throws DoesNotFit where the slices are not told, or have another size. */
export function cocoSegments(json: Fields, target: Target): ImportResult {
  const images = new Map(
    listIn(json.images)
      .filter(isRecord)
      .map((image) => [image.id, image]),
  );
  const labels = new Map(
    listIn(json.categories)
      .filter(isRecord)
      .map((category) => [category.id, labelOf(category)]),
  );
  const instances = createInstances();
  for (const annotation of listIn(json.annotations).filter(isRecord)) {
    const image = images.get(annotation.image_id);
    if (!image) throw malformed("COCO", "image_id", "It names no image of the file.");
    const place = placeOf(image, images.size, target);
    const { width, height } = sizeAt(target, place);
    if (image.width !== width || image.height !== height)
      throw new SegmenterError("DoesNotFit", { reason: `its slices have another size than ${width} × ${height}` });
    const rle = rleOf(annotation.segmentation, width, height);
    const category = annotation.category_id;
    instances.add(String(category), labels.get(category) ?? { name: `Label ${category}` }, place, rle);
  }
  return { segments: [...instances.segments()], warnings: [] };
}

function labelOf({ id, name, color }: Fields): Label {
  const colour = shadeOf(color);
  return { name: textIn(name, 1024) ?? `Label ${id}`, ...(colour && { colour }) };
}

/** A file of one image may mean an image of one slice, whatever its name. */
function placeOf({ file_name }: Fields, count: number, target: Target): Place {
  const place = placeIn((textIn(file_name, 4096) ?? "").replace(/\.\w{1,4}$/, ""));
  if (place) return place;
  if (count === 1 && target.size[2] === 1) return { plane: "native", slice: 0 };
  throw new SegmenterError("DoesNotFit", { reason: "the file does not say on which slices its masks lie" });
}

function rleOf(segmentation: unknown, width: number, height: number): Rle {
  if (Array.isArray(segmentation)) return encodeRle(fillPolygons(segmentation.map(ringsOf), width, height));
  if (!isRecord(segmentation)) throw malformed("COCO", "segmentation", "It is neither run lengths nor polygons.");
  const { counts, size } = segmentation;
  const [rows, columns] = listIn(size);
  if (rows !== height || columns !== width)
    throw malformed("COCO", "segmentation", "Its size is another than its image's.");
  try {
    if (typeof counts === "string") return rleFromString(counts, [height, width]);
    return encodeRle(decodeRle({ size: [height, width], counts: listIn(counts).map(Number) }));
  } catch (thrown) {
    throw new SegmenterError(
      "MalformedFile",
      { format: "COCO", field: "counts", reason: "They are no run lengths of this size." },
      { cause: thrown },
    );
  }
}

/** A polygon is a list x, y, x, y … along pixel edges: the first pixel's centre is (0.5, 0.5). */
function ringsOf(polygon: unknown): readonly [readonly Vertex[]] {
  const numbers = listIn(polygon).map(Number);
  if (numbers.length % 2 !== 0 || !numbers.every(Number.isFinite))
    throw malformed("COCO", "segmentation", "A polygon is no list of points.");
  const at = (n: number): number => (numbers[n] ?? 0) - 0.5;
  return [Array.from({ length: numbers.length / 2 }, (_, n): Vertex => [at(2 * n), at(2 * n + 1)])];
}
