import { maskArea, maskBounds } from "../../../core/mask/mask.ts";
import { encodeRle } from "../../../core/mask/rle.ts";
import type { LabelMask } from "./collect.ts";

/** COCO object detection JSON (cocodataset.org, "format-data"): one image per slice, uncompressed RLE, boxes as x, y, width, height. */
export function cocoOf(study: string, masks: readonly LabelMask[]): object {
  const images = new Map<string, { id: number; file_name: string; width: number; height: number }>();
  const annotations = masks.map(({ label, plane, slice, mask }, index) => {
    const key = `${plane}/${slice}`;
    const { width, height } = mask;
    const image = images.get(key) ?? { id: images.size + 1, file_name: `${study}/${key}`, width, height };
    images.set(key, image);
    const box = maskBounds(mask) ?? { x0: 0, y0: 0, x1: -1, y1: -1 };
    return {
      id: index + 1,
      image_id: image.id,
      category_id: label.number,
      segmentation: encodeRle(mask),
      area: maskArea(mask),
      bbox: [box.x0, box.y0, box.x1 - box.x0 + 1, box.y1 - box.y0 + 1],
      iscrowd: 1,
    };
  });
  const categories = new Map(masks.map(({ label }) => [label.number, { id: label.number, name: label.name }]));
  return {
    info: { description: "Made with Promptomy. Research use only, not for diagnosis." },
    images: [...images.values()],
    annotations,
    categories: [...categories.values()],
  };
}
