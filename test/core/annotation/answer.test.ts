import { describe, expect, test } from "vitest";
import {
  type AnswerPort,
  type AnswerRequest,
  answer,
  type DecodeOptions,
  type Encoded,
  type Guess,
} from "../../../core/annotation/answer.ts";
import { isSegmenterError, SegmenterError } from "../../../core/errors.ts";
import { logitsToMask } from "../../../core/model/logits.ts";
import type { PixelBox } from "../../../core/wire/common.ts";
import type { Crop, Prompt, TextPromptAnswer } from "../../../core/wire/index.ts";

const WIDTH = 200;
const SIDE = 50;
const ALL: Crop = { x0: 0, y0: 0, x1: WIDTH, y1: WIDTH };

interface Square extends Guess {
  readonly bounds: PixelBox | null;
  readonly on: string;
}

const encoded = (crop: Crop, slice = 3): Encoded => ({
  id: `${slice}:${Object.values(crop).join("-")}`,
  imageId: "image",
  plane: "axial",
  slice,
  model: "m",
  width: WIDTH,
  height: WIDTH,
  transform: { crop, scaleX: 1, scaleY: 1, width: WIDTH, height: WIDTH, inputSize: WIDTH },
});

/** Logits of a square of the slice, 4 pixels a cell. */
function logitsOf(bounds: PixelBox | null): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [(i % SIDE) * 4 + 1.5, Math.floor(i / SIDE) * 4 + 1.5];
    return bounds && x >= bounds.x0 && x <= bounds.x1 && y >= bounds.y0 && y <= bounds.y1 ? 5 : -5;
  });
}

const known: TextPromptAnswer = {
  known: true,
  term: "right-rib-5",
  name: "right rib 5",
  side: "right",
  synonymsMatched: [],
  confidence: 1,
  suggestions: [],
};
const XY_TO_LPS = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** A decoder that marks a square of `size` pixels from the first click on, as sure as it is told. */
function stage({ size, iou = 0.8, named = known }: { size: number; iou?: number; named?: TextPromptAnswer }) {
  const asked: { on: Encoded; prompts: readonly Prompt[]; options: DecodeOptions }[] = [];
  const names: string[] = [];
  let refusal: Error | undefined;
  const port: AnswerPort<Encoded, Square> = {
    threshold: 0,
    name: async (text) => {
      names.push(text);
      return { answer: named, stack: { width: WIDTH, height: WIDTH, count: 10, xyToLps: XY_TO_LPS } };
    },
    embed: async (on, crop) => {
      if (refusal) throw refusal;
      return encoded(crop, on.slice);
    },
    decode: async (on, prompts, options) => {
      asked.push({ on, prompts, options });
      const first = prompts.find((prompt) => prompt.kind === "point");
      const bounds = first && { x0: first.x, y0: first.y, x1: first.x + size - 1, y1: first.y + size - 1 };
      return {
        masks: [{ predictedIou: iou, lowResLogits: logitsOf(bounds ?? null), bounds: bounds ?? null, on: on.id }],
      };
    },
    boundsOf: ({ bounds }) => bounds,
  };
  const ask = (prompts: readonly Prompt[], rest: Omit<AnswerRequest<Encoded, Square>, "prompts"> = {}) =>
    answer(port, whole, { prompts, ...rest });
  return { asked, names, ask, port, refuseWith: (error: Error) => (refusal = error) };
}

const click = (x: number, y: number, label: "foreground" | "background" = "foreground"): Prompt => ({
  ...{ kind: "point", x, y, label },
});
const PAIR = [click(100, 100), click(104, 104)];
const whole = encoded(ALL);

describe("a closer look", () => {
  test("is taken at a small object, and the answer says so", async () => {
    const { ask, asked } = stage({ size: 10 });
    const { on } = await ask(PAIR);
    expect(asked).toHaveLength(2);
    expect(on.transform.crop).toEqual({ x0: 92, y0: 92, x1: 117, y1: 117 });
  });

  test.each([
    { name: "a large object", size: 120, rest: {} },
    { name: "a caller who wants none", size: 10, rest: { zoom: "never" as const } },
  ])("is not taken for $name", async ({ size, rest }) => {
    const { ask, asked } = stage({ size });
    expect((await ask(PAIR, rest)).on).toBe(whole);
    expect(asked).toHaveLength(1);
  });

  test("goes on from the mask of the whole slice, at the same place of the crop", async () => {
    const { ask, asked } = stage({ size: 10 });
    const { on } = await ask(PAIR);
    const shown = asked[1]?.options.previous ?? new Float32Array();
    const { data } = logitsToMask(shown, on.transform, { width: WIDTH, height: WIDTH });
    const inside = [...data.keys()].filter((i) => data[i]).map((i) => [i % WIDTH, Math.floor(i / WIDTH)]);
    expect(inside.length).toBeGreaterThan(40);
    expect(Math.min(...inside.flat())).toBeGreaterThanOrEqual(98);
    expect(Math.max(...inside.flat())).toBeLessThanOrEqual(111);
  });

  test("that promises much less than the whole slice is not taken, unless it is asked for", async () => {
    const { port } = stage({ size: 10 });
    const unsureNear: typeof port = {
      ...port,
      decode: async (on, prompts, options) => {
        const { masks } = await port.decode(on, prompts, options);
        return { masks: [{ ...masks[0], predictedIou: on.id === whole.id ? 0.8 : 0.69 }] };
      },
    };
    expect((await answer(unsureNear, whole, { prompts: PAIR })).on).toBe(whole);
    expect((await answer(unsureNear, whole, { prompts: PAIR, zoom: "always" })).on).not.toBe(whole);
    expect((await answer(port, whole, { prompts: PAIR })).on).not.toBe(whole);
  });

  test("is taken at what a name alone has found where that is asked for: by its box, with the presence of the whole slice", async () => {
    const found = { x0: 100, y0: 100, x1: 109, y1: 109 };
    const { port, asked } = stage({ size: 10 });
    const named: typeof port = {
      ...port,
      decode: async (on, prompts, options) => {
        asked.push({ on, prompts, options });
        const mask = { predictedIou: 0.8, lowResLogits: logitsOf(found), bounds: found, on: on.id };
        return { masks: [mask], ...(prompts.some(({ kind }) => kind === "text") ? { presence: 0.9 } : {}) };
      },
    };
    const prompts = [{ kind: "text" as const, text: "right rib 5" }];
    const near = await answer(named, whole, { prompts, zoom: "always" });
    expect(near).toMatchObject({ presence: 0.9, on: { transform: { crop: { x0: 92, y0: 92, x1: 117, y1: 117 } } } });
    expect(asked[1]?.prompts).toEqual([{ kind: "box", ...found }]);
    expect((await answer(named, whole, { prompts })).on).toBe(whole);
  });

  test("is not taken on a crop that the caller chose", async () => {
    const { port, asked } = stage({ size: 10 });
    const part = encoded({ x0: 50, y0: 50, x1: 150, y1: 150 });
    expect((await answer(port, part, { prompts: PAIR })).on).toBe(part);
    expect(asked).toHaveLength(1);
  });

  test("is a favour: a server that cannot give it leaves the answer there was, another failure is one", async () => {
    const refused = stage({ size: 10 });
    refused.refuseWith(new SegmenterError("Saturated", { retryAfterS: 1 }));
    expect((await refused.ask(PAIR)).on).toBe(whole);
    const broken = stage({ size: 10 });
    broken.refuseWith(new TypeError("a mistake"));
    await expect(broken.ask(PAIR)).rejects.toThrow(TypeError);
  });

  test("goes on in the crop as long as the prompts lie in it, with the logits of the answer before", async () => {
    const { ask, asked } = stage({ size: 10 });
    const first = await ask(PAIR);
    const previous = { on: first.on, mask: first.masks[0] };
    const inside = await ask([...PAIR, click(95, 95)], { previous });
    expect(inside.on).toBe(first.on);
    expect(asked.at(-1)?.options.previous).toBe(first.masks[0].lowResLogits);
    const outside = await ask([...PAIR, click(10, 180)], { previous });
    expect(outside.on).toBe(whole);
    expect(asked.at(-1)?.options.previous).toBeUndefined();
  });
});

describe("what cannot be meant", () => {
  test("a click that is repeated, or nearly, is one click", async () => {
    const { ask, asked } = stage({ size: 120 });
    await ask([click(80, 85), click(80, 85), click(81, 86), click(80, 85, "background"), click(120, 85)]);
    expect(asked[0]?.prompts).toEqual([click(80, 85), click(80, 85, "background"), click(120, 85)]);
  });

  test("a box is read from its top left to its bottom right corner", async () => {
    const { ask, asked } = stage({ size: 120 });
    await ask([{ kind: "box", x0: 30, y0: 31, x1: 5, y1: 6 }]);
    expect(asked[0]?.prompts).toEqual([{ kind: "box", x0: 5, y0: 6, x1: 30, y1: 31 }]);
  });

  test("a click that the mask obeys already leaves it, unless the model is a good deal surer", async () => {
    const first = await stage({ size: 100, iou: 0.6 }).ask([click(40, 40)]);
    const previous = { on: first.on, mask: first.masks[0] };
    const prompts = [click(40, 40), click(90, 90)];
    const unsure = await stage({ size: 20, iou: 0.85 }).ask(prompts, { previous });
    expect(unsure.masks).toEqual([first.masks[0]]);
    const surer = await stage({ size: 20, iou: 0.95 }).ask(prompts, { previous });
    expect(surer.masks[0]).not.toBe(first.masks[0]);
    const excluded = await stage({ size: 20, iou: 0.85 }).ask([click(40, 40), click(5, 5, "background")], { previous });
    expect(excluded.masks).toEqual([first.masks[0]]);
  });

  test("nor does a closer look change it: a second click in a small segment is as good as the first", async () => {
    const first = await stage({ size: 20, iou: 0.6 }).ask([click(40, 40)]);
    const previous = { on: first.on, mask: first.masks[0] };
    const prompts = [click(40, 40), click(50, 50)];
    const kept = await stage({ size: 8, iou: 0.85 }).ask(prompts, { previous });
    expect(kept).toMatchObject({ on: whole, masks: [first.masks[0]] });
    const surer = await stage({ size: 8, iou: 0.95 }).ask(prompts, { previous });
    expect(surer.on).not.toBe(whole);
  });

  test("a click that the mask does not obey changes it", async () => {
    const first = await stage({ size: 100, iou: 0.7 }).ask([click(40, 40)]);
    const previous = { on: first.on, mask: first.masks[0] };
    const { masks } = await stage({ size: 150, iou: 0.6 }).ask([click(40, 40), click(180, 180)], { previous });
    expect(masks[0]).not.toBe(first.masks[0]);
  });

  test("an empty mask is nothing to refine", async () => {
    const { ask, asked } = stage({ size: 100 });
    const empty = { predictedIou: 0, lowResLogits: logitsOf(null), bounds: null, on: whole.id };
    await ask([click(40, 40)], { previous: { on: whole, mask: empty } });
    expect(asked[0]?.options.previous).toBeUndefined();
  });
});

describe("a name", () => {
  test("is resolved once, and its side becomes a place on the slice", async () => {
    const { ask, asked, names } = stage({ size: 10 });
    await ask([{ kind: "text", text: "right rib 5" }, ...PAIR]);
    expect(names).toEqual(["right rib 5"]);
    expect(asked.map(({ prompts }) => prompts[0])).toMatchObject([
      { kind: "text", text: "rib 5", beyond: [-1, -0, 99.5] },
      { kind: "text", text: "rib 5", beyond: [-1, -0, 99.5] },
    ]);
  });

  test("that nobody knows is refused with suggestions", async () => {
    const unknown: TextPromptAnswer = {
      ...{ known: false, term: null, name: null, synonymsMatched: [], confidence: 0 },
      suggestions: ["liver"],
    };
    const { ask } = stage({ size: 10, named: unknown });
    const refused = await ask([{ kind: "text", text: "livr" }]).catch((error: unknown) => error);
    expect(isSegmenterError(refused, "UnknownTerm") && refused.detail.suggestions).toEqual(["liver"]);
  });
});
