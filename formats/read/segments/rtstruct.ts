/** RT Structure Set (PS3.3 A.19, C.8.8.5, C.8.8.6): outlines in patient coordinates → masks of the slices that they lie on. */

import { hexColour } from "../../../core/colour.ts";
import { SegmenterError } from "../../../core/errors.ts";
import { axisOf, invert, transformPoint } from "../../../core/image/geometry.ts";
import { atSlice, sliceGrid } from "../../../core/image/slice.ts";
import type { Vec3 } from "../../../core/image/volume.ts";
import { fillRings, type Vertex } from "../../../core/mask/polygon.ts";
import { encodeRle } from "../../../core/mask/rle.ts";
import type { ImportedSegment, ImportResult } from "../../../core/wire/import.ts";
import { malformed, tooLarge } from "../../bytes/fail.ts";
import { decodeText } from "../../dicom/character-set.ts";
import type { DataSet } from "../dicom/tokens.ts";
import { decimalOf, decimalsOf, itemsOf, latin1Of, lenientDecimalsOf, textOf, uidOf } from "../dicom/values.ts";
import type { Target } from "./layer.ts";

const MOST_ROIS = 4096;
/** Part of a slice's distance by which an outline may lie beside its slice. */
const NEAR = 0.51;
const CLOSED = new Set(["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"]);

/**
 * Every ROI with its outlines filled by the even-odd rule; rings of one slice cut holes into each other. Throws
 * DoesNotFit when it lies in another frame of reference, MalformedFile or TooLarge.
 */
export function rtstructSegments(dataSet: DataSet, target: Target): ImportResult {
  if (target.unit === "px") throw new SegmenterError("DoesNotFit", { reason: "the image has no patient coordinates" });
  const set = textOf(dataSet, 0x00080005);
  const structures = itemsOf(dataSet, 0x30060020);
  if (structures.length > MOST_ROIS) throw tooLarge("structures", structures.length, MOST_ROIS);
  const contours = new Map(itemsOf(dataSet, 0x30060039).map((item) => [decimalOf(item, 0x30060084), item]));
  const warnings = new Set<string>();
  const painter = painterOf(target, warnings);
  const segments = structures.map((structure): ImportedSegment => {
    refuseOther(structure, target);
    const number = decimalOf(structure, 0x30060022);
    const drawn = contours.get(number);
    const name = latin1Of(structure, 0x30060026);
    const colour = drawn && colourOf(drawn);
    return {
      name: name ? decodeText(name, set) : `ROI ${number ?? ""}`.trim(),
      ...(colour && { colour }),
      masks: drawn ? painter(itemsOf(drawn, 0x30060040)) : [],
    };
  });
  const outside = segments.filter(({ masks }) => masks.length === 0).length;
  if (outside > 0) warnings.add(`${outside} of ${segments.length} structures have no pixel on this image.`);
  return { segments, warnings: [...warnings] };
}

function refuseOther(structure: DataSet, { frameOfReferenceUid }: Target): void {
  const theirs = uidOf(structure, 0x30060024);
  if (theirs && frameOfReferenceUid && theirs !== frameOfReferenceUid)
    throw new SegmenterError("DoesNotFit", { reason: "their frame of reference is another than the image's" });
}

function colourOf(drawn: DataSet): string | undefined {
  const rgb = lenientDecimalsOf(drawn, 0x3006002a);
  if (rgb?.length !== 3 || !rgb.every((value) => value >= 0 && value <= 255)) return undefined;
  return hexColour(rgb);
}

/** Fills the outlines of one structure. */
function painterOf(target: Target, warnings: Set<string>): (contours: readonly DataSet[]) => ImportedSegment["masks"] {
  const [width, height, slices] = target.size;
  const grid = sliceGrid(target, "native");
  const planes = Array.from({ length: slices }, (_, k) => invert(affineOf(atSlice(target, grid, k), target)));
  const step = Math.hypot(...axisOf(target.ijkToLps, 2));
  return (contours) => {
    const rings = new Map<number, Vertex[][]>();
    for (const contour of contours) {
      const type = textOf(contour, 0x30060042) ?? "";
      if (!CLOSED.has(type)) {
        warnings.add("Points and open lines enclose nothing and are left out.");
        continue;
      }
      const points = pointsOf(contour);
      const place = placeOn(points, planes);
      if (!place || place.off > NEAR) {
        warnings.add(`Outlines more than half a slice (${(step / 2).toFixed(2)} mm) off every slice are left out.`);
        continue;
      }
      rings.set(place.k, [...(rings.get(place.k) ?? []), place.ring]);
    }
    return [...rings]
      .toSorted(([a], [b]) => a - b)
      .map(([slice, ring]) => ({ slice, mask: fillRings(ring, width, height) }))
      .filter(({ mask }) => mask.data.includes(1))
      .map(({ slice, mask }) => ({ plane: "native" as const, slice, rle: encodeRle(mask) }));
  };
}

/** A slice's own (x, y) with the volume's step across, so that the third number of a point is slices off this one. */
function affineOf(xyToLps: readonly number[], { ijkToLps }: Target): readonly number[] {
  return xyToLps.map((value, n) => (n % 4 === 2 && n < 12 ? (ijkToLps[n] ?? value) : value));
}

function pointsOf(contour: DataSet): Vec3[] {
  const numbers = decimalsOf(contour, 0x30060050) ?? [];
  if (numbers.length % 3 !== 0) throw malformed("DICOM", "(3006,0050)", "It is no list of points.");
  return Array.from({ length: numbers.length / 3 }, (_, n) => numbers.slice(3 * n, 3 * n + 3) as unknown as Vec3); // three of three
}

/** The nearest slice, and the outline in its pixels; `off` is the farthest point's distance in slices. */
function placeOn(points: readonly Vec3[], planes: readonly (readonly number[])[]) {
  const [first] = points;
  if (!first) return undefined;
  const away = planes.map((lpsToXy) => Math.abs(transformPoint(lpsToXy, first)[2]));
  const k = away.indexOf(Math.min(...away));
  const lpsToXy = planes[k];
  if (!lpsToXy) return undefined;
  const placed = points.map((point) => transformPoint(lpsToXy, point));
  return { k, off: Math.max(...placed.map(([, , z]) => Math.abs(z))), ring: placed.map(([x, y]): Vertex => [x, y]) };
}
