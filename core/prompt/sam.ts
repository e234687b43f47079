/** Prompts → SAM's tensors. The only file that knows SAM's label numbers and whose coordinates are pixel centres. */

import { SegmenterError } from "../errors.ts";
import { resamplePolyline } from "../mask/polygon.ts";
import type { Transform } from "../wire/embedding.ts";
import type { PointLabel, Prompt } from "../wire/prompt.ts";
import { type MaskPromptLike, promptLogits } from "./prompt-logits.ts";
import { type PromptSpace, toModel } from "./space.ts";

/** Numbers of `point_labels` (segment-anything, `prompt_encoder.py`). */
export const LABEL = { padding: -1, background: 0, foreground: 1, boxTopLeft: 2, boxBottomRight: 3 } as const;

/** Most points one scribble becomes. */
export const MAX_SCRIBBLE_POINTS = 64;

/** All scribbles together, two each at least: attention grows with the square of the points. */
const SCRIBBLE_BUDGET = 512;

/** Scribble points are at least this share of the model's square apart: denser ones add time, not knowledge. */
const SCRIBBLE_SPACING = 1 / 32;

type XY = readonly [number, number];

/** What the prompt-dependent inputs of a decoder hold, whatever a graph calls them. */
export interface PromptFeeds {
  /** `[N, 2]` pixel-centre coordinates of the model's square; the graph adds 0.5. */
  readonly pointCoords: Float32Array;
  /** `[N]`, see `LABEL`. */
  readonly pointLabels: Float32Array;
  /** `[L, L]` logits of an earlier answer, a mask prompt or a lasso; zeros when `hasMaskInput` is false. */
  readonly maskInput: Float32Array;
  readonly hasMaskInput: boolean;
  readonly text?: string;
}

const invalid = (index: number, reason: string) => new SegmenterError("InvalidPrompt", { index, reason });

const inCrop = ([x, y]: XY, { crop }: Transform) =>
  x >= crop.x0 - 0.5 && y >= crop.y0 - 0.5 && x <= crop.x1 - 0.5 && y <= crop.y1 - 0.5;

/** Refuses what cannot lie on the slice: NaN, infinity, or a place off the slice. Nothing is clamped silently. */
function checkPlace(index: number, [x, y]: XY, { size }: PromptSpace) {
  if (!Number.isFinite(x) || !Number.isFinite(y)) throw invalid(index, "A coordinate is not a finite number.");
  if (x < -0.5 || y < -0.5 || x > size.width - 0.5 || y > size.height - 0.5)
    throw invalid(index, `(${x}, ${y}) is outside the ${size.width}×${size.height} slice.`);
}

/** Collects points and the box while the prompts are walked. */
interface Draft {
  readonly pointsPerScribble: number;
  readonly points: { readonly at: XY; readonly label: number }[];
  readonly masks: MaskPromptLike[];
  /** Corners in model pixels, of an explicit box. */
  box?: readonly [XY, XY];
  text?: string;
}

/** A background stroke outside the crop says nothing about it; a foreground one contradicts it. */
function addStroke(draft: Draft, index: number, places: readonly XY[], label: PointLabel, transform: Transform) {
  const inside = places.filter((place) => inCrop(place, transform));
  if (label === "foreground" && inside.length === 0) throw invalid(index, "It lies outside the encoded crop.");
  for (const place of inside) draft.points.push({ at: toModel(place, transform), label: LABEL[label] });
}

function thinned(points: readonly XY[], transform: Transform, most: number): readonly XY[] {
  let length = 0;
  for (let i = 1; i < points.length; i++) {
    const [dx, dy] = [points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]];
    length += Math.hypot(dx * transform.scaleX, dy * transform.scaleY);
  }
  const wanted = 1 + Math.floor(length / (transform.inputSize * SCRIBBLE_SPACING));
  return resamplePolyline(points, Math.min(Math.max(wanted, 2), most));
}

function addBox(draft: Draft, index: number, corners: readonly [XY, XY], transform: Transform) {
  if (draft.box) throw invalid(index, "One segment takes one box; this is the second.");
  const [[x0, y0], [x1, y1]] = corners;
  if (!(x1 >= x0 && y1 >= y0)) throw invalid(index, `The box is inverted: ${x0},${y0}–${x1},${y1}.`);
  const { crop } = transform;
  const first: XY = [Math.max(x0, crop.x0), Math.max(y0, crop.y0)];
  const last: XY = [Math.min(x1, crop.x1 - 1), Math.min(y1, crop.y1 - 1)];
  if (last[0] < first[0] || last[1] < first[1]) throw invalid(index, "The box lies outside the encoded crop.");
  draft.box = [toModel(first, transform), toModel(last, transform)];
}

function addPrompt(draft: Draft, prompt: Prompt, index: number, transform: Transform, space: PromptSpace) {
  switch (prompt.kind) {
    case "point":
      checkPlace(index, [prompt.x, prompt.y], space);
      return addStroke(draft, index, [[prompt.x, prompt.y]], prompt.label, transform);
    case "scribble":
      for (const place of prompt.points) checkPlace(index, place, space);
      return addStroke(
        draft,
        index,
        thinned(prompt.points, transform, draft.pointsPerScribble),
        prompt.label,
        transform,
      );
    case "box": {
      const corners = [
        [prompt.x0, prompt.y0],
        [prompt.x1, prompt.y1],
      ] as const;
      for (const corner of corners) checkPlace(index, corner, space);
      return addBox(draft, index, corners, transform);
    }
    case "lasso":
      for (const place of prompt.points) checkPlace(index, place, space);
      draft.masks.push({ index, prompt });
      return;
    case "mask":
      draft.masks.push({ index, prompt });
      return;
    case "text":
      if (draft.text !== undefined) throw invalid(index, "One segment takes one name; this is the second.");
      draft.text = prompt.text;
      return;
    default:
      prompt satisfies never;
  }
}

/** SAM's padding point stands where a box would, and only when there is none (`onnx.py`, `_embed_points`). */
function pointTensors({ points, box }: Draft) {
  const ends: Draft["points"] = box
    ? [
        { at: box[0], label: LABEL.boxTopLeft },
        { at: box[1], label: LABEL.boxBottomRight },
      ]
    : [{ at: [0, 0], label: LABEL.padding }];
  const all = [...points, ...ends];
  return {
    pointCoords: Float32Array.from(all.flatMap(({ at }) => at)),
    pointLabels: Float32Array.from(all.map(({ label }) => label)),
  };
}

/** Refinement starts from logits of the same model: same side, all finite. */
function checkPrevious({ previous, logitsSize }: PromptSpace) {
  if (!previous) return;
  const path = "previous";
  const expected = logitsSize * logitsSize;
  if (previous.length !== expected)
    throw new SegmenterError("InvalidRequest", {
      reason: `Expected ${expected} logits, got ${previous.length}.`,
      path,
    });
  if (!previous.every(Number.isFinite))
    throw new SegmenterError("InvalidRequest", { reason: "The logits are not all finite.", path });
}

/**
 * The prompts of one segment as tensors in the model's frame. A lasso gives its deepest point, its box when there is no
 * other, and mask logits. Throws SegmenterError InvalidPrompt (with the index) for what the slice cannot contain.
 */
export function promptFeeds(prompts: readonly Prompt[], transform: Transform, space: PromptSpace): PromptFeeds {
  checkPrevious(space);
  const scribbles = prompts.filter(({ kind }) => kind === "scribble").length;
  const pointsPerScribble = Math.max(2, Math.min(MAX_SCRIBBLE_POINTS, Math.floor(SCRIBBLE_BUDGET / scribbles)));
  const draft: Draft = { pointsPerScribble, points: [], masks: [] };
  prompts.forEach((prompt, index) => {
    addPrompt(draft, prompt, index, transform, space);
  });
  const drawn = promptLogits(draft.masks, transform, space);
  for (const { index, at, label } of drawn.points) addStroke(draft, index, [at], label, transform);
  if (drawn.box && !draft.box) addBox(draft, drawn.box.index, drawn.box.corners, transform);
  const { logitsSize } = space;
  return {
    ...pointTensors(draft),
    maskInput: drawn.logits ?? new Float32Array(logitsSize * logitsSize),
    hasMaskInput: drawn.logits !== undefined,
    ...(draft.text === undefined ? {} : { text: draft.text }),
  };
}
