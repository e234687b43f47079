import type { ArgsDef } from "citty";
import type { EmbeddingRequest, Prompt } from "../../core/wire/index.ts";
import { Plane } from "../../core/wire/index.ts";
import { type Given, numbersOf, UsageError } from "./args.ts";

/** Options that name a slice. */
export const SLICE_ARGS = {
  plane: { type: "string", description: "native, axial, coronal or sagittal (native)", valueHint: "plane" },
  slice: { type: "string", description: "Slice number from 0 (the middle one)", valueHint: "k" },
  window: { type: "string", description: "Window in modality units, HU for CT", valueHint: "center,width" },
} as const satisfies ArgsDef;

/** Options that make prompts; each may be repeated. */
export const PROMPT_ARGS = {
  point: { type: "string", description: "Inside the object; with `,-` outside", valueHint: "x,y[,-]" },
  box: { type: "string", description: "Around the object", valueHint: "x0,y0,x1,y1" },
  text: { type: "string", description: "Name of a structure", valueHint: "term" },
} as const satisfies ArgsDef;

/** The slice that was asked for, without its number where none was given. */
export function sliceOptions(given: Given): Omit<EmbeddingRequest, "slice"> & { slice?: number } {
  const [plane, slice, window] = [given.value("plane") ?? "native", given.value("slice"), given.value("window")];
  const parsed = Plane.safeParse(plane);
  if (!parsed.success) throw new UsageError(`--plane expects one of ${Plane.options.join(", ")}, got "${plane}".`);
  const [center = 0, width = 0] = window === undefined ? [] : numbersOf(window, 2, "window");
  if (window !== undefined && !(width > 0)) throw new UsageError("--window expects a positive width.");
  return {
    plane: parsed.data,
    ...(slice === undefined ? {} : { slice: sliceNumber(slice) }),
    ...(window === undefined ? {} : { window: { center, width } }),
  };
}

function sliceNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`--slice expects a number from 0, got "${text}".`);
  return Number(text);
}

/** Every prompt of the command line. Throws UsageError when there is none. */
export function promptsOf(given: Given): Prompt[] {
  const points = given.all("point").map(pointOf);
  const boxes = given.all("box").map((text): Prompt => {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = numbersOf(text, 4, "box");
    return { kind: "box", x0, y0, x1, y1 };
  });
  const texts = given.all("text").map((text): Prompt => ({ kind: "text", text }));
  const prompts = [...points, ...boxes, ...texts];
  if (prompts.length === 0) throw new UsageError("Give at least one --point, --box or --text.");
  return prompts;
}

function pointOf(text: string): Prompt {
  const [, numbers = "", sign] = /^(.*?)(?:,([+-]))?$/.exec(text) ?? [];
  const [x = 0, y = 0] = numbersOf(numbers, 2, "point");
  return { kind: "point", x, y, label: sign === "-" ? "background" : "foreground" };
}
