import type { Slice, Window } from "../../core/image/volume.ts";
import { applyWindow } from "../../core/image/window.ts";
import type { Prompt } from "../../core/wire/prompt.ts";
import type { Place } from "./distance.ts";

/** A grey picture, 0 to 255. */
export interface Grey {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/** What a baseline knows of an object. */
export interface Seeds {
  readonly foreground: readonly Place[];
  readonly background: readonly Place[];
}

/** The slice as it is shown, colours averaged. */
export function greyOf({ width, height, channels, data, rescale, inverted }: Slice, window: Window | null): Grey {
  if (window && channels === 1) {
    return { width, height, data: Float32Array.from(applyWindow(data, window, { ...rescale, inverted })) };
  }
  const out = new Float32Array(width * height);
  for (let n = 0; n < data.length; n++) out[Math.floor(n / channels)] += data[n] / channels;
  return { width, height, data: out };
}

/** The pixels under points and strokes as seeds. */
export function seedsOf(prompts: readonly Prompt[]): Seeds {
  const places = (label: "foreground" | "background") =>
    prompts.flatMap((prompt): Place[] => {
      if (prompt.kind === "point" && prompt.label === label) return [prompt];
      if (prompt.kind === "scribble" && prompt.label === label)
        return prompt.points.map(([x, y]) => ({ x: Math.floor(x + 0.5), y: Math.floor(y + 0.5) }));
      return [];
    });
  return { foreground: places("foreground"), background: places("background") };
}
