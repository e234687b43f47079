/** Headers whose voxels lie in a file of their own (.hdr/.img, .nhdr, .mhd): found among the files given, never on a disk. */
import type { Format } from "./detect.ts";
import type { DataFile } from "./raster/data-file.ts";
import { metaImageData } from "./raster/metaimage.ts";
import { niftiData } from "./raster/nifti.ts";
import { nrrdData } from "./raster/nrrd.ts";

/** A file that makes an image, with the file of its voxels where they lie apart. */
export interface Detached {
  readonly format: Exclude<Format, "DICOM">;
  readonly index: number;
  readonly bytes: Uint8Array;
  readonly data: Uint8Array | undefined;
}

interface TypedFile {
  readonly bytes: Uint8Array;
  readonly name: string | undefined;
  readonly index: number;
  readonly format: Format | "ZIP" | undefined;
}

/** Images among files that are no DICOM, and the files that belong to none. */
export function pairFiles(files: readonly TypedFile[]): { images: Detached[]; unused: number[] } {
  const taken = new Set<number>();
  const images = files.flatMap(({ format, bytes, index, name }): Detached[] => {
    if (format === undefined || format === "ZIP" || format === "DICOM") return [];
    const wanted = dataFileOf(format, bytes);
    const free = files.filter((file) => file.format === undefined && !taken.has(file.index));
    const data = wanted && partnerOf(wanted, name, free);
    if (data) taken.add(data.index);
    return [{ format, index, bytes, data: data?.bytes }];
  });
  const unused = files.filter(({ format, index }) => (format === undefined || format === "ZIP") && !taken.has(index));
  return { images, unused: unused.map(({ index }) => index) };
}

function dataFileOf(format: Format, bytes: Uint8Array): DataFile | undefined {
  try {
    if (format === "NIfTI") return niftiData(bytes);
    if (format === "NRRD") return nrrdData(bytes);
    return format === "MetaImage" ? metaImageData(bytes) : undefined;
  } catch {
    return undefined; // the reader says what is wrong with the header
  }
}

/** By the name that the header gives, by the header's own name, by size, or because there is only one. */
function partnerOf(
  wanted: DataFile,
  headerName: string | undefined,
  free: readonly TypedFile[],
): TypedFile | undefined {
  const named = wanted.name && free.find(({ name }) => name && baseOf(name) === baseOf(wanted.name ?? ""));
  if (named) return named;
  const beside = headerName && free.find(({ name }) => name && stemOf(name) === stemOf(headerName));
  if (beside) return beside;
  const fitting = free.filter(({ bytes }) => bytes.length === wanted.length);
  if (fitting.length > 0) return fitting[0];
  return free.length === 1 ? free[0] : undefined;
}

const baseOf = (name: string) => name.split(/[\\/]/).at(-1)?.toLowerCase();

const stemOf = (name: string) =>
  baseOf(name)
    ?.replace(/\.gz$/, "")
    .replace(/\.[^.]*$/, "");
