/** COCO object detection JSON (cocodataset.org, "format-data"): one image per slice, RLE, boxes as x, y, width, height. */
import type { Segmentation, SliceMask } from "../../core/annotation/segmentation.ts";
import { maskArea, maskBounds } from "../../core/mask/mask.ts";
import { encodeRle, rleToString } from "../../core/mask/rle.ts";
import type { Rle } from "../../core/wire/common.ts";
import { sliceName, textFile, type Write, type WriteOptions, type Written } from "./writer.ts";

interface CocoImage {
  readonly id: number;
  readonly file_name: string;
  readonly width: number;
  readonly height: number;
}

/** Segments may overlap here, so nothing is covered. */
export const writeCoco: Write = (segmentation, options) => write(segmentation, options, (rle) => rle);

/** Run lengths as COCO's compressed string, which pycocotools decodes as it is. */
export const writeCompressedCoco: Write = (segmentation, options) =>
  write(segmentation, options, (rle) => ({ size: rle.size, counts: rleToString(rle) }));

/** How run lengths are written. */
type Coding = (rle: Rle) => object;

const write = (segmentation: Segmentation, { stem }: WriteOptions, coding: Coding): Written => {
  const text = () => JSON.stringify(cocoOf(segmentation, stem, coding));
  return { covered: [], files: () => [textFile(`${stem}.coco.json`, "application/json", text())] };
};

function cocoOf({ header, segments, masks }: Segmentation, stem: string, coding: Coding): object {
  const images = new Map<string, CocoImage>();
  const numbers = new Map(segments.map(({ id, number }) => [id, number]));
  const annotations = masks.map((slice, index) => {
    const key = sliceName(slice);
    const { width, height } = slice.mask;
    const image = images.get(key) ?? { id: images.size + 1, file_name: `${stem}/${key}`, width, height };
    images.set(key, image);
    return {
      id: index + 1,
      image_id: image.id,
      category_id: numbers.get(slice.segmentId) ?? 0,
      ...regionOf(slice, coding),
    };
  });
  return {
    info: { description: "Made with Promptomy. Research use only, not for diagnosis.", image_id: header.imageId },
    images: [...images.values()],
    annotations,
    categories: segments.map(({ number, name, colour }) => ({ id: number, name, color: colour })),
  };
}

function regionOf({ mask, predictedIou }: SliceMask, coding: Coding) {
  const box = maskBounds(mask) ?? { x0: 0, y0: 0, x1: -1, y1: -1 };
  return {
    segmentation: coding(encodeRle(mask)),
    area: maskArea(mask),
    bbox: [box.x0, box.y0, box.x1 - box.x0 + 1, box.y1 - box.y0 + 1],
    iscrowd: 1,
    ...(predictedIou === undefined ? {} : { score: predictedIou }),
  };
}
