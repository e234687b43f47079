/** A prompt of each kind that is drawn. */
import type { Prompt } from "../../../core/wire/index.ts";

export const PROMPTS: readonly Prompt[] = [
  { kind: "point", x: 1, y: 2, label: "foreground" },
  { kind: "box", x0: 0, y0: 1, x1: 2, y1: 3 },
  {
    kind: "scribble",
    points: [
      [0, 0],
      [1, 1],
    ],
    label: "background",
  },
  {
    kind: "lasso",
    points: [
      [0, 0],
      [3, 0],
      [3, 3],
    ],
    label: "foreground",
  },
  { kind: "mask", rle: { size: [4, 4], counts: [3, 2, 11] } },
];
