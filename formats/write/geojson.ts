/** GeoJSON (RFC 7946) with QuPath's properties: polygons along pixel edges, whose area is the pixel count. */
import { rgbOf, type Segmentation, type SliceMask } from "../../core/annotation/segmentation.ts";
import { traceContours } from "../../core/mask/contours.ts";
import type { Vertex } from "../../core/mask/polygon.ts";
import { textFile, type Write } from "./writer.ts";

/** Segments may overlap here. A slice is the `z` of QuPath's image plane; other planes than the native one are named. */
export const writeGeoJson: Write = (segmentation, { stem }) => ({
  covered: [],
  files: () => [textFile(`${stem}.geojson`, "application/geo+json", JSON.stringify(collectionOf(segmentation)))],
});

function collectionOf({ segments, masks }: Segmentation): object {
  const byId = new Map(segments.map((segment) => [segment.id, segment]));
  const features = masks.flatMap((mask) => {
    const segment = byId.get(mask.segmentId);
    const geometry = geometryOf(mask);
    if (!segment || !geometry) return [];
    const { name, number, colour, code, locked } = segment;
    return [
      {
        type: "Feature",
        id: `${mask.segmentId}/${mask.plane}/${mask.slice}`,
        geometry,
        properties: {
          objectType: "annotation",
          name,
          classification: { name, color: rgbOf(colour) },
          isLocked: locked,
          ...{ number, plane: mask.plane, slice: mask.slice + 1, origin: mask.origin },
          ...(code && { code }),
          ...(mask.predictedIou !== undefined && { predictedIou: mask.predictedIou }),
        },
      },
    ];
  });
  return { type: "FeatureCollection", features };
}

/** Pixels lie between whole numbers here, as in QuPath: the centre of the first one is (0.5, 0.5). */
function geometryOf({ mask, slice }: SliceMask): object | undefined {
  const polygons = traceContours(mask).map(({ outer, holes }) => [outer, ...holes].map(closed));
  const plane = { c: -1, z: slice, t: 0 };
  if (polygons.length === 0) return undefined;
  return polygons.length === 1
    ? { type: "Polygon", coordinates: polygons[0], plane }
    : { type: "MultiPolygon", coordinates: polygons, plane };
}

const closed = (ring: readonly Vertex[]): (readonly [number, number])[] =>
  [...ring, ...ring.slice(0, 1)].map(([x, y]) => [x + 0.5, y + 0.5]);
