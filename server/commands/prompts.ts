/** Options that say what to segment and where. */
import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { ArgsDef } from "citty";
import { z } from "zod";
import type { Window } from "../../core/image/volume.ts";
import { Plane, Prompt, PromptContext, Zoom } from "../../core/wire/index.ts";
import { type Given, numbersOf, UsageError } from "./args.ts";

/** Options that name slices. */
export const SLICE_ARGS = {
  plane: { type: "string", description: "native, axial, coronal or sagittal (native)", valueHint: "plane" },
  slice: { type: "string", description: "Slice number from 0 (the middle one)", valueHint: "k" },
  window: { type: "string", description: "Window in modality units, HU for CT", valueHint: "center,width" },
} as const satisfies ArgsDef;

/** Options that say what is known of the image; where they are silent its file speaks. */
export const CONTEXT_ARGS = {
  modality: { type: "string", description: "Kind of image where the file says none or a wrong one", valueHint: "CT" },
  "body-part": {
    type: "string",
    description: "Region where names are looked for: abdomen, head …, or all",
    valueHint: "region",
  },
  task: {
    type: "string",
    description: "What is looked for: organ, vessel, bone, muscle, lesion, tissue or device",
    valueHint: "kind",
  },
} as const satisfies ArgsDef;

/** `--zoom`. Throws UsageError. */
export function zoomOf(given: Given): Zoom {
  const parsed = Zoom.safeParse(given.value("zoom"));
  if (parsed.success) return parsed.data;
  throw new UsageError(`--zoom expects auto, always or never, got "${given.value("zoom")}".`);
}

/** Throws UsageError for a task that is none. */
export function contextOf(given: Given): { readonly context?: PromptContext } {
  const [modality, bodyPart, task] = Object.keys(CONTEXT_ARGS).map(given.value);
  const said = { ...(modality && { modality }), ...(bodyPart && { bodyPart }), ...(task && { task }) };
  const parsed = PromptContext.safeParse(said);
  const wrong = parsed.error?.issues[0];
  if (wrong) throw new UsageError(`--${wrong.path.join(".")}: ${wrong.message}.`);
  return Object.keys(said).length > 0 ? { context: parsed.data ?? {} } : {};
}

/** Options that make prompts; each may be repeated. */
export const PROMPT_ARGS = {
  point: { type: "string", description: "Inside the segment; with `,-` outside", valueHint: "x,y[,-]" },
  box: { type: "string", description: "Around the segment", valueHint: "x0,y0,x1,y1" },
  text: {
    type: "string",
    description: 'Name of a structure, or several: "liver, spleen; left kidney"',
    valueHint: "term",
  },
  prompts: {
    type: "string",
    description: "JSON list of prompts as the API takes them; - is standard input",
    valueHint: "file",
  },
} as const satisfies ArgsDef;

/** Most slices of one run: a request that means a whole library is a mistake. */
const MAX_SLICES = 10_000;

export interface SliceOptions {
  readonly plane: z.infer<typeof Plane>;
  readonly window?: Window;
  /** First and last, both included; absent where none was named. */
  readonly slices?: readonly [first: number, last: number];
}

/** The slices that were asked for. Throws UsageError. */
export function sliceOptions(given: Given): SliceOptions {
  const [plane, slice, window] = [given.value("plane") ?? "native", given.value("slice"), given.value("window")];
  const parsed = Plane.safeParse(plane);
  if (!parsed.success) throw new UsageError(`--plane expects one of ${Plane.options.join(", ")}, got "${plane}".`);
  const [center = 0, width = 0] = window === undefined ? [] : numbersOf(window, 2, "window");
  if (window !== undefined && !(width > 0)) throw new UsageError("--window expects a positive width.");
  return {
    plane: parsed.data,
    ...(slice === undefined ? {} : { slices: sliceRange(slice) }),
    ...(window === undefined ? {} : { window: { center, width } }),
  };
}

function sliceRange(text: string): [number, number] {
  const [, first, last = first] = /^(\d{1,6})(?::(\d{1,6}))?$/.exec(text) ?? [];
  if (first === undefined) throw new UsageError(`--slice expects a number from 0, or FIRST:LAST, got "${text}".`);
  const range: [number, number] = [Number(first), Number(last)];
  if (range[1] < range[0] || range[1] - range[0] >= MAX_SLICES)
    throw new UsageError(`--slice expects FIRST:LAST in this order, at most ${MAX_SLICES} slices, got "${text}".`);
  return range;
}

/** Every prompt of the command line. Throws UsageError when there is none. */
export async function promptsOf(given: Given): Promise<Prompt[]> {
  const points = given.all("point").map(pointOf);
  const boxes = given.all("box").map((box): Prompt => {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = numbersOf(box, 4, "box");
    return { kind: "box", x0, y0, x1, y1 };
  });
  const texts = given.all("text").map((term): Prompt => ({ kind: "text", text: term }));
  const listed = await Promise.all(given.all("prompts").map(promptsIn));
  const prompts = [...listed.flat(), ...points, ...boxes, ...texts];
  if (prompts.length === 0) throw new UsageError("Give at least one --point, --box, --text or --prompts.");
  return prompts;
}

function pointOf(option: string): Prompt {
  const [, numbers = "", sign] = /^(.*?)(?:,([+-]))?$/.exec(option) ?? [];
  const [x = 0, y = 0] = numbersOf(numbers, 2, "point");
  return { kind: "point", x, y, label: sign === "-" ? "background" : "foreground" };
}

/** A file of prompts: `[{"kind":"lasso","points":[[1,2],…],"label":"foreground"}, …]`. */
async function promptsIn(path: string): Promise<Prompt[]> {
  const json = await (path === "-" ? text(process.stdin) : readFile(path, "utf8"));
  const parsed = z.array(Prompt).safeParse(asJson(json));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new UsageError(`--prompts expects a JSON list of prompts; ${issue?.path.join(".")}: ${issue?.message}.`);
}

function asJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw new UsageError("--prompts expects JSON.");
  }
}
