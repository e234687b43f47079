import { describe, expect, test } from "vitest";
import type { Slice } from "../../../core/image/volume.ts";
import { createMask, type Mask, maskArea, maskDice } from "../../../core/mask/mask.ts";
import { blend, dilate, erode, open } from "../../../core/mask/morphology.ts";
import { decodeRle } from "../../../core/mask/rle.ts";
import { type Guessed, type PropagateRequest, propagate, type StackPort } from "../../../core/volume/propagate.ts";
import type { Crop } from "../../../core/wire/embedding.ts";
import type { Prompt } from "../../../core/wire/prompt.ts";

const SIDE = 64;
const COUNT = 21;
const MIDDLE = 10;

/** A ball that is widest in the middle of the stack and ends three slices before both ends. */
const radiusAt = (k: number) => Math.sqrt(Math.max(0, 18 ** 2 - (2.6 * (k - MIDDLE)) ** 2));

function ball(k: number): Mask {
  const mask = createMask(SIDE, SIDE);
  const radius = radiusAt(k);
  for (let n = 0; n < mask.data.length; n++)
    if (Math.hypot((n % SIDE) - 32, Math.floor(n / SIDE) - 30) < radius) mask.data[n] = 1;
  return mask;
}

function slice(k: number, inside = ball(k)): Slice {
  const data = Int16Array.from(inside.data, (value, n) => (value ? 100 : -80) + ((n * 7919 + k * 31) % 21) - 10);
  const place = { rescale: { slope: 1, intercept: 0 }, inverted: false, spacingMm: [1, 1] as const, xyToLps: [] };
  return { width: SIDE, height: SIDE, channels: 1, data, ...place };
}

/** The worst habit of a model: it gives back the mask that it was given, a little larger. */
function copycat(asked: { k: number; prompts: readonly Prompt[] }[] = []): StackPort {
  return {
    ask: async (k, prompts): Promise<Guessed> => {
      asked.push({ k, prompts });
      const given = prompts.find((prompt) => prompt.kind === "mask");
      return { mask: given ? dilate(decodeRle(given.rle)) : createMask(SIDE, SIDE), predictedIou: 0.8 };
    },
    pixels: async (k) => slice(k),
  };
}

async function found(port: StackPort, request: PropagateRequest) {
  const masks = new Map<number, Mask>();
  const doubtful: number[] = [];
  for await (const { slice: k, mask, doubtful: unsure } of propagate(port, request)) {
    masks.set(k, mask);
    if (unsure) doubtful.push(k);
  }
  return { masks, doubtful };
}

describe("propagate", () => {
  test("follows a structure that narrows and ends, though the model only repeats what it is given", async () => {
    const { masks } = await found(copycat(), { seeds: new Map([[MIDDLE, ball(MIDDLE)]]), from: 0, to: COUNT - 1 });
    const present = Array.from({ length: COUNT }, (_, k) => k).filter((k) => maskArea(ball(k)) > 12 && k !== MIDDLE);
    for (const k of present.filter((at) => radiusAt(at) > 5))
      expect(maskDice(masks.get(k) ?? createMask(SIDE, SIDE), ball(k)), `slice ${k}`).toBeGreaterThan(0.9);
    expect([...masks.keys()].filter((k) => radiusAt(k) === 0)).toEqual([]);
  });

  test("never asks beyond its range nor touches a settled slice", async () => {
    const asked: { k: number; prompts: readonly Prompt[] }[] = [];
    const seeds = new Map([8, 12].map((k) => [k, ball(k)]));
    const { masks } = await found(copycat(asked), { seeds, from: 7, to: 13 });
    expect([...masks.keys()].toSorted((a, b) => a - b)).toEqual([7, 9, 10, 11, 13]);
    expect(asked.every(({ k }) => k >= 7 && k <= 13 && !seeds.has(k))).toBe(true);
  });

  test("asks both directions at the same time, and the slices of one direction one after the other", async () => {
    const open: number[] = [];
    const beside: string[] = [];
    const port: StackPort = {
      ask: async (k) => {
        open.push(k);
        await new Promise(setImmediate);
        beside.push([...new Set(open)].toSorted((a, b) => a - b).join());
        open.splice(open.indexOf(k), 1);
        return { mask: ball(MIDDLE), predictedIou: 0.8 };
      },
      pixels: async (k) => slice(k, ball(MIDDLE)),
    };
    const { masks } = await found(port, { seeds: new Map([[MIDDLE, ball(MIDDLE)]]), from: 7, to: 13 });
    expect([...masks.keys()].toSorted((a, b) => a - b)).toEqual([7, 8, 9, 11, 12, 13]);
    expect(beside).toContain("9,11");
    expect(beside.filter((ks) => ks.split(",").filter((k) => Number(k) > MIDDLE).length > 1)).toEqual([]);
  });

  test("gives the next slice a mask, a box and points, and points that exclude where it no longer is", async () => {
    const asked: { k: number; prompts: readonly Prompt[] }[] = [];
    await found(copycat(asked), { seeds: new Map([[14, ball(14)]]), from: 14, to: 16 });
    const kinds = asked.map(({ prompts }) => prompts.map((prompt) => prompt.kind).join());
    expect(kinds[0]).toMatch(/^mask,box,point/);
    expect(kinds[1]).toBe("mask");
  });

  test("looks at a small structure from a crop that holds it with its box, and at a large one from the whole slice", async () => {
    const small = createMask(SIDE, SIDE);
    for (let y = 28; y < 33; y++) small.data.fill(1, y * SIDE + 30, y * SIDE + 35);
    const crops = async (seed: Mask) => {
      const asked: (Crop | undefined)[] = [];
      const port: StackPort = {
        ask: async (_k, _prompts, crop) => {
          asked.push(crop);
          return { mask: seed, predictedIou: 0.8 };
        },
        pixels: async (k) => slice(k, seed),
      };
      await found(port, { seeds: new Map([[3, seed]]), from: 3, to: 4 });
      return asked;
    };
    const [full, alone] = await crops(small);
    expect(alone).toBeUndefined();
    expect(full && [full.x0 <= 26, full.y0 <= 24, full.x1 > 38, full.y1 > 36]).toEqual([true, true, true, true]);
    expect(full && full.x1 - full.x0).toBeLessThan(SIDE);
    expect(await crops(ball(MIDDLE))).toEqual([undefined, undefined]);
  });

  test("marks slices where both directions disagree as doubtful", async () => {
    const wrong = createMask(SIDE, SIDE);
    for (let y = 24; y < 36; y++) wrong.data.fill(1, y * SIDE + 26, y * SIDE + 38);
    const seeds = new Map([
      [8, ball(8)],
      [12, wrong],
    ]);
    expect((await found(copycat(), { seeds, from: 8, to: 12 })).doubtful.length).toBeGreaterThan(0);
  });

  describe("where a vessel of the same grey values goes on beyond the structure", () => {
    const vessel = (k: number) => {
      const mask = ball(k);
      for (let y = 26; y < 35; y++) mask.data.fill(1, y * SIDE + 28, y * SIDE + 37);
      return mask;
    };
    /** As sure of a slice as `sure` says. */
    const port = (sure: (k: number) => number): StackPort => ({
      ask: async (k) => ({ mask: vessel(k), predictedIou: sure(k) }),
      pixels: async (k) => slice(k, vessel(k)),
    });
    const request = { seeds: new Map([[4, ball(4)]]), from: 4, to: COUNT - 1 };

    test("ends where the model stays less sure than it was, and calls the last slice doubtful", async () => {
      const { masks, doubtful } = await found(
        port((k) => (k <= 15 ? 0.9 : 0.65)),
        request,
      );
      expect([...masks.keys()]).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
      expect(doubtful).toEqual([15]);
    });

    test("keeps slices on which it is unsure for a moment", async () => {
      const { masks } = await found(
        port((k) => (k === 9 || k === 10 ? 0.65 : 0.9)),
        request,
      );
      expect([...masks.keys()]).toEqual(Array.from({ length: COUNT - 5 }, (_, n) => n + 5));
    });

    test("fills every slice up to one that is settled, however unsure it is", async () => {
      const seeds = new Map([4, COUNT - 1].map((k) => [k, ball(4)]));
      const { masks } = await found(
        port((k) => (k <= 8 ? 0.9 : 0.5)),
        { ...request, seeds },
      );
      expect(masks.size).toBe(COUNT - 6);
    });
  });

  test("of nothing is nothing, and stops when it is told to", async () => {
    expect((await found(copycat(), { seeds: new Map(), from: 0, to: 5 })).masks.size).toBe(0);
    const empty = new Map([[3, createMask(SIDE, SIDE)]]);
    expect((await found(copycat(), { seeds: empty, from: 0, to: 5 })).masks.size).toBe(0);
    const stop = AbortSignal.abort(new Error("enough"));
    const seeds = new Map([[MIDDLE, ball(MIDDLE)]]);
    await expect(found(copycat(), { seeds, from: 0, to: COUNT - 1, signal: stop })).rejects.toThrow("enough");
  });
});

describe("morphology", () => {
  test("an opened mask has no thread and is a part of the mask; erosion and dilation are opposites of a ball", () => {
    const mask = ball(MIDDLE);
    mask.data.fill(1, 5 * SIDE, 5 * SIDE + SIDE);
    const opened = open(mask);
    expect(opened.data.slice(5 * SIDE, 6 * SIDE).includes(1)).toBe(false);
    expect(opened.data.every((value, n) => value === 0 || mask.data[n] === 1)).toBe(true);
    expect(maskDice(dilate(erode(ball(MIDDLE))), ball(MIDDLE))).toBeGreaterThan(0.98);
  });

  test("a blend starts at one mask, ends at the other, and lies between them", () => {
    const [a, b] = [ball(MIDDLE), ball(4)];
    expect(maskDice(blend(a, b, 0), a)).toBe(1);
    expect(maskDice(blend(a, b, 1), b)).toBe(1);
    const half = maskArea(blend(a, b, 0.5));
    expect(half).toBeGreaterThan(maskArea(b));
    expect(half).toBeLessThan(maskArea(a));
  });
});
