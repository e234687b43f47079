/** The volumes that one file declares: times, phases, directions of diffusion. */
import type { Vec3 } from "../../../core/image/volume.ts";
import { metaImageVolumes } from "./metaimage.ts";
import { niftiVolumes } from "./nifti.ts";
import { nrrdVolumes } from "./nrrd.ts";

const READERS: Readonly<Record<string, (bytes: Uint8Array) => { size: Vec3; count: number }>> = {
  NIfTI: niftiVolumes,
  NRRD: nrrdVolumes,
  MetaImage: metaImageVolumes,
};

/** How many volumes a file says it has, and their size where its header tells; what is wrong with it its reader says. */
export function volumesOf(format: string, bytes: Uint8Array): { size?: Vec3; count: number } {
  try {
    return READERS[format]?.(bytes) ?? { count: 1 };
  } catch {
    return { count: 1 };
  }
}
