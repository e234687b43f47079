/** Segments that overlap, in as few labelmaps as hold them all. */
import type { Segmentation } from "../../../core/annotation/segmentation.ts";
import { SegmenterError } from "../../../core/errors.ts";
import { nativeSlices } from "./native-slices.ts";

/** More than this is not built in one piece. */
const MOST_BYTES = 2 ** 30;

export interface Layers {
  readonly labels: readonly (Uint8Array | Uint16Array)[];
  /** The layer of each segment. */
  readonly layerOf: readonly number[];
}

/** Each segment in the first layer in which it covers nothing. */
export function layersOf(segmentation: Segmentation): Layers {
  const { segments, header } = segmentation;
  const [columns, rows, slices] = header.size;
  const wide = segments.some(({ number }) => number > 255);
  const labels: (Uint8Array | Uint16Array)[] = [];
  const layerOf = segments.map((segment) => {
    const planes = nativeSlices(segmentation, segment);
    const free = labels.findIndex((layer) =>
      planes.every(({ k, data }) => data.every((inside, n) => !inside || layer[k * columns * rows + n] === 0)),
    );
    const at = free >= 0 ? free : labels.length;
    const bytes = (at + 1) * columns * rows * slices * (wide ? 2 : 1);
    if (bytes > MOST_BYTES)
      throw new SegmenterError("TooLarge", { what: "layers in bytes", value: bytes, limit: MOST_BYTES });
    const layer = labels[at] ?? new (wide ? Uint16Array : Uint8Array)(columns * rows * slices);
    labels[at] = layer;
    for (const { k, data } of planes)
      for (let n = 0; n < data.length; n++) if (data[n]) layer[k * columns * rows + n] = segment.number;
    return at;
  });
  return { labels, layerOf };
}
