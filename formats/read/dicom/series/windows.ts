/** The windows that a frame proposes (PS3.3 C.11.2), in modality units, all as LINEAR ones. */
import type { NamedWindow } from "../../../../core/image/volume.ts";
import type { DataSet } from "../tokens.ts";
import { itemsOf, lenientDecimalsOf, shortsOf, textOf } from "../values.ts";
import { groupsOf } from "./attributes.ts";

export interface ProposedWindows {
  readonly windows: readonly NamedWindow[];
  readonly warnings: readonly string[];
}

/** Centre and width pairs, else the first VOI LUT. Rubbish is left out: it only concerns the display. */
export function windowsOfFrame(dataSet: DataSet, frame: number): ProposedWindows {
  const groups = groupsOf(dataSet, frame, 0x00289132);
  for (const group of groups) {
    const found = pairsOf(group);
    if (found.windows.length > 0) return found;
  }
  for (const group of groups) {
    const found = tableOf(group);
    if (found) return found;
  }
  return { windows: [], warnings: [] };
}

function pairsOf(group: DataSet): ProposedWindows {
  const centers = lenientDecimalsOf(group, 0x00281050) ?? [];
  const widths = lenientDecimalsOf(group, 0x00281051) ?? [];
  const names = (textOf(group, 0x00281055) ?? "").split("\\").map((name) => name.trim());
  const shape = textOf(group, 0x00281056) ?? "LINEAR";
  const windows = centers
    .map((center, i) => ({ name: windowName(names[i], i), center, width: widths[i] ?? 0 }))
    .filter(({ width }) => (shape === "LINEAR" ? width >= 1 : width > 0))
    .map((window) => linearOf(window, shape));
  const warnings =
    shape === "SIGMOID" && windows.length > 0
      ? ["The file's window is a sigmoid: it is shown as the straight window that rises as steeply in its middle."]
      : [];
  return { windows, warnings };
}

/**
 * LINEAR_EXACT (C.11.2.1.3.2) reaches from c − w/2 to c + w/2, which LINEAR writes as c + 0.5, w + 1. SIGMOID
 * (C.11.2.1.3.1), 1 / (1 + e^(−4 (x − c) / w)), has in its middle the slope of LINEAR_EXACT.
 */
function linearOf({ name, center, width }: NamedWindow, shape: string): NamedWindow {
  return shape === "LINEAR_EXACT" || shape === "SIGMOID"
    ? { name, center: center + 0.5, width: width + 1 }
    : { name, center, width };
}

/** A VOI LUT Sequence item (C.11.2.1.1) as the straight window between the ends of its rise. */
function tableOf(group: DataSet): ProposedWindows | undefined {
  const [item] = itemsOf(group, 0x00283010);
  if (!item) return undefined;
  const [, first = 0] = shortsOfLut(item, 0x00283002);
  const entries = shortsOfLut(item, 0x00283006);
  const low = Math.min(...ends(entries));
  const high = Math.max(...ends(entries));
  if (entries.length < 2 || high <= low) return undefined;
  const black = lastIndex(entries, (value) => value <= low + 0.01 * (high - low));
  const white = entries.findIndex((value) => value >= low + 0.99 * (high - low));
  const [from, to] = white > black ? [black, white] : [0, entries.length - 1];
  // Signed inputs may start below zero.
  const start = first > 32767 ? first - 65536 : first;
  const window = { name: "File table", center: start + (from + to + 1) / 2, width: to - from + 1 };
  return {
    windows: [window],
    warnings: ["The file's VOI LUT is shown as the straight window between the ends of its curve."],
  };
}

const ends = (entries: readonly number[]): readonly [number, number] => [entries[0] ?? 0, entries.at(-1) ?? 0];

function lastIndex(values: readonly number[], test: (value: number) => boolean): number {
  const found = values.findIndex((value) => !test(value));
  return found < 0 ? values.length - 1 : Math.max(0, found - 1);
}

function shortsOfLut(item: DataSet, tag: number): number[] {
  try {
    return shortsOf(item, tag) ?? [];
  } catch {
    return [];
  }
}

/** Explanations are free text: only a plain short word passes. */
const windowName = (explanation: string | undefined, index: number) =>
  explanation && /^[A-Za-z][A-Za-z0-9 _-]{0,31}$/.test(explanation) ? explanation : `File window ${index + 1}`;
