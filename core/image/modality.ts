/** What kind of machine made an image, where the file does not say. */
import type { Volume, VoxelArray } from "./volume.ts";

/** These formats name no modality: a volume of Hounsfield units is taken as CT, with a warning. */
export function guessModality(
  data: VoxelArray,
  channels: 1 | 3,
  { rescale, warnings }: Pick<Volume, "rescale" | "warnings">,
): Pick<Volume, "modality" | "warnings"> {
  if (channels === 3 || !looksLikeHounsfield(data, rescale)) return { modality: "OT", warnings };
  return { modality: "CT", warnings: [...warnings, "Values look like Hounsfield units: the volume is taken as CT."] };
}

/** Enough voxels to meet air and bone in. */
const MAX_SAMPLES = 4_000_000;

/** Only CT has air near −1000 and bone far above 0. */
function looksLikeHounsfield(data: VoxelArray, { slope, intercept }: Volume["rescale"]): boolean {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const step = Math.ceil(data.length / MAX_SAMPLES);
  for (let i = 0; i < data.length; i += step) {
    const value = (data[i] ?? 0) * slope + intercept;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low >= -4096 && low <= -900 && high >= 200 && high <= 32_767;
}
