/** Labelled pictures: an `index.jsonl`, JPEG images, and PNG layers whose values are structures or instances. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { sliceOf } from "../../core/image/slice.ts";
import type { Slice, VoxelArray, Window } from "../../core/image/volume.ts";
import { defaultWindow } from "../../core/image/window.ts";
import { connectedComponents } from "../../core/mask/components.ts";
import { createMask, type Mask, maskArea } from "../../core/mask/mask.ts";
import { readImage } from "../../formats/index.ts";
import { createRandom, type Random } from "./random.ts";

/** Smaller objects are not judged. */
const MIN_PIXELS = 100;

/** A line of the index; keys that only training reads are left aside. */
const Case = z.object({
  id: z.string(),
  source: z.string(),
  split: z.string(),
  modality: z.string(),
  image: z.string(),
  layers: z.array(z.string()),
  labels: z.array(
    z.object({
      name: z.string(),
      layer: z.int().nonnegative(),
      value: z.union([z.int().positive(), z.literal("instances")]),
    }),
  ),
});
export type Case = z.infer<typeof Case>;

/** One object to be segmented. */
export interface Target {
  readonly name: string;
  readonly mask: Mask;
}

export interface LabelledSlice {
  readonly slice: Slice;
  /** Null for colour. */
  readonly window: Window | null;
  /** All pixels of each name, of at least 100: what a text means. */
  readonly structures: readonly Target[];
  /** Connected parts or instances of at least 100 pixels. */
  readonly instances: readonly Target[];
}

/** All lines of a data set's index, checked. */
export async function readIndex(root: string): Promise<Case[]> {
  const text = await readFile(join(root, "index.jsonl"), "utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => Case.parse(JSON.parse(line)));
}

/** At most `limit` pictures of each source, drawn by the seed; sources in the order of the index. */
export function choose(cases: readonly Case[], limit: number, seed: string): Case[] {
  const sources = [...new Set(cases.map(({ source }) => source))];
  return sources.flatMap((source) => {
    const mine = cases.filter((item) => item.source === source);
    return createRandom(`${seed}|${source}`).shuffled(mine).slice(0, limit);
  });
}

/** Modalities of the index whose first word is not a context of the models. */
const CONTEXT_OF: Readonly<Record<string, string>> = {
  "X-ray": "XR",
  mammography: "XR",
  OCTA: "fundus",
  blood: "microscopy",
};

/** What `context.modality` says of a picture: the first word of its modality, in the models' vocabulary. */
export function contextOf({ modality }: Pick<Case, "modality">): string {
  const [first = ""] = modality.split(" ");
  return CONTEXT_OF[first] ?? first;
}

/** Reads a picture and its layers; at most `perStructure` instances of each structure, drawn by the seed. */
export async function readCase(
  root: string,
  { id, image, layers, labels }: Case,
  { perStructure, seed }: { perStructure: number; seed: string },
): Promise<LabelledSlice> {
  const volume = await open(join(root, image));
  const [width, height] = volume.size;
  const maps = await Promise.all(layers.map(async (path) => (await open(join(root, path), [width, height])).data));
  const structures: Target[] = [];
  const instances: Target[] = [];
  labels.forEach(({ name, layer, value }, n) => {
    const map = maps[layer];
    if (!map) throw new RangeError(`${id} names layer ${layer} and has ${maps.length}.`);
    const mask = select(map, [width, height], value === "instances" ? (v) => v > 0 : (v) => v === value);
    if (maskArea(mask) >= MIN_PIXELS) structures.push({ name, mask });
    const parts = value === "instances" ? map : connectedComponents(mask, 8).labels;
    const random = createRandom(`${seed}|${id}|${n}`);
    instances.push(...partsOf(parts, [width, height], perStructure, random).map((part) => ({ name, mask: part })));
  });
  const window = volume.channels === 1 ? defaultWindow(volume) : null;
  return { slice: sliceOf(volume, "native", 0), window, structures, instances };
}

async function open(path: string, size?: readonly [number, number]) {
  const volume = await readImage([{ bytes: await readFile(path) }]);
  if (!size) return volume;
  const fits = volume.size[0] === size[0] && volume.size[1] === size[1] && volume.channels === 1;
  if (!fits) throw new RangeError(`${path}: expected one channel of ${size.join("×")}, got ${volume.size.join("×")}.`);
  return volume;
}

function select(map: ArrayLike<number>, [width, height]: readonly [number, number], takes: (value: number) => boolean) {
  const mask = createMask(width, height);
  for (let n = 0; n < map.length; n++) if (takes(map[n])) mask.data[n] = 1;
  return mask;
}

/** Masks of up to `most` ids, drawn from those with enough pixels. */
function partsOf(map: VoxelArray, size: readonly [number, number], most: number, random: Random): Mask[] {
  const areas = new Map<number, number>();
  for (const id of map) if (id > 0) areas.set(id, (areas.get(id) ?? 0) + 1);
  const large = [...areas].filter(([, area]) => area >= MIN_PIXELS).map(([id]) => id);
  return random
    .shuffled(large.sort((a, b) => a - b))
    .slice(0, most)
    .map((id) => select(map, size, (value) => value === id));
}
