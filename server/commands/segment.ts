import { planeOf } from "../../core/image/planes.ts";
import { sliceGrid } from "../../core/image/slice.ts";
import type { Plane } from "../../core/image/volume.ts";
import type { Mask } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { ImageInfo, MaskResponse } from "../../core/wire/index.ts";
import { writeMaskPng, writeNiftiLabelmap } from "../../formats/index.ts";
import type { Services } from "../services.ts";
import { type Given, UsageError } from "./args.ts";
import { command, withServices } from "./command.ts";
import { requirePath, writeResult } from "./files.ts";
import { PROMPT_ARGS, promptsOf, SLICE_ARGS, sliceOptions } from "./prompts.ts";

const FORMATS = [".png", ".nii.gz", ".nii", ".json"];

export const segment = command({
  name: "segment",
  description: "Segment one object in a picture or in a slice of a volume",
  args: {
    file: { type: "positional", description: "A picture, a volume, or a folder with one series" },
    ...PROMPT_ARGS,
    ...SLICE_ARGS,
    output: { type: "string", alias: "o", description: "mask.png, mask.nii.gz or mask.json; - is standard output" },
  },
  async run({ given, result, note }) {
    const path = requirePath(given);
    const prompts = promptsOf(given);
    const target = given.value("output");
    if (target !== undefined && target !== "-" && !FORMATS.some((end) => target.endsWith(end))) {
      throw new UsageError(`-o expects a name that ends in ${FORMATS.join(", ")}.`);
    }
    const { answer, bytes } = await withServices(given, async (services) => {
      const { info, request } = await openSlice(services, path, given);
      const answer = await services.masks.masks({
        ...request,
        imageId: info.imageId,
        prompts,
        multimask: false,
        zoom: "auto",
      });
      for (const warning of info.warnings) note(warning);
      return { answer, bytes: bytesOf(target, answer, info, request) };
    });
    await writeResult(target, bytes);
    if (target !== "-") result(answer, summaryOf(answer, target));
  },
});

/** Opens a file and fills in the slice: the middle one of its plane. */
export async function openSlice({ images }: Pick<Services, "images">, path: string, given: Given) {
  const { slice, ...rest } = sliceOptions(given);
  const { info } = await images.open(path);
  const count = planeOf(info, rest.plane).count;
  return { info, request: { ...rest, slice: slice ?? Math.floor(count / 2) } };
}

interface SliceName {
  readonly plane: Plane;
  readonly slice: number;
}

/** The best mask in the format that the name asks for. */
function bytesOf(target: string | undefined, answer: MaskResponse, info: ImageInfo, at: SliceName): Uint8Array {
  const [best] = answer.masks;
  if (!best || target === undefined || target === "-" || target.endsWith(".json")) {
    return new TextEncoder().encode(`${JSON.stringify(answer)}\n`);
  }
  const mask = decodeRle(best.rle);
  if (target.endsWith(".png")) return writeMaskPng(mask);
  return labelmapOf(mask, info, at, target.endsWith(".gz"));
}

/** The mask as label 1 at its place in the whole volume. */
function labelmapOf(mask: Mask, { size, ijkToLps, spacing }: ImageInfo, at: SliceName, gzip: boolean): Uint8Array {
  const grid = sliceGrid({ size, ijkToLps, unit: spacing ? "mm" : "px" }, at.plane);
  const labels = new Uint8Array(size[0] * size[1] * size[2]);
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++) {
      if (!mask.data[y * mask.width + x]) continue;
      const [i, j, k] = grid.toIjk(x, y, at.slice);
      labels[i + size[0] * (j + size[1] * k)] = 1;
    }
  }
  return writeNiftiLabelmap({ labels, size, ijkToLps }, { gzip });
}

function summaryOf({ masks: [best], presence }: MaskResponse, target: string | undefined): string {
  if (!best) return "No mask.";
  const area = best.areaMm2 === undefined ? `${best.area} px` : `${best.area} px, ${best.areaMm2.toFixed(1)} mm²`;
  const present = presence === undefined ? "" : `, presence ${presence.toFixed(2)}`;
  const written = target === undefined ? "" : ` → ${target}`;
  return `${area}, predicted IoU ${best.predictedIou.toFixed(2)}${present}${written}`;
}
