/** What has been measured, as it is shown. */
import type { MeasuringTool } from "../../../core/annotation/entries.ts";
import type { Measurement } from "../../../core/annotation/measurements.ts";
import { angleAt, lengthBetween } from "../../../core/image/distance.ts";
import { findPlane } from "../../../core/image/planes.ts";
import { t } from "../i18n/index.ts";
import type { Tool } from "./drawing.ts";
import type { State } from "./state.ts";

export const isMeasuring = (tool: Tool): tool is MeasuringTool =>
  tool === "length" || tool === "angle" || tool === "probe";

/** "23.4 mm", "38.2°", "57 HU": millimetres where the plane has a pixel size, pixels otherwise. */
export function measurementText(
  { image }: Pick<State, "image">,
  { tool, at, points: [a, b, c], values }: Pick<Measurement, "tool" | "at" | "points" | "values">,
): string {
  const spacingMm = findPlane(image?.info, at.plane)?.spacingMm;
  if (tool === "probe") return t.measure.probe(values ?? [], image?.modality === "CT" ? "HU" : "");
  if (tool === "length") {
    const { value, unit } = lengthBetween(a, b, spacingMm);
    return t.measure.length(value, unit);
  }
  const degrees = c && angleAt([a, b, c], spacingMm);
  return degrees === undefined ? t.measure.noAngle : t.measure.angle(degrees);
}
