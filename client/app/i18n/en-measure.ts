/** Ruler, angle and values of a pixel. */
import { decimal } from "./format.ts";

export const measure = {
  title: "Measurements",
  length: (value: number, unit: string) => `${decimal(value)} ${unit}`,
  angle: (degrees: number) => `${decimal(degrees)}°`,
  noAngle: "–",
  probe: (values: readonly number[], unit: string) =>
    [values.map((value) => decimal(value)).join(", "), unit].filter(Boolean).join(" "),
  place: (plane: string, slice: number) => `${plane}, slice ${slice}`,
  goTo: (what: string) => `Show ${what}`,
  remove: (what: string) => `Delete ${what}`,
  said: (tool: string, value: string) => `${tool}: ${value}.`,
  noValues: "This picture is shown reduced: zoom in, then read the pixel.",
} as const;
