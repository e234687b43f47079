/** What files hold beside the image that was read of them: time points, echoes, volumes of a 4-D file, other series. */
import type { ImageInfo } from "../../../core/wire/index.ts";
import type { PictureFiles } from "./file-list.ts";

/** More than this is not read once more in the page, for a list that few may want. */
const MOST_BYTES = 2 ** 28;

/**
 * The images inside of files that were just read, the one that is open first; `undefined` for one image. The reader says in
 * its warnings when it has left something out, so that other files are not looked at.
 */
export async function partsOf(files: readonly File[], { warnings }: ImageInfo): Promise<PictureFiles | undefined> {
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  if (warnings.length === 0 || bytes > MOST_BYTES) return undefined;
  const { listImages } = await import("../../../formats/index.ts");
  const read = files.map(async (file) => ({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) }));
  const { studies } = listImages(await Promise.all(read));
  const parts = studies
    .flatMap(({ series }) => series)
    .flatMap(({ images }) => images)
    .filter(({ kind }) => kind === "image")
    .map(({ index, note = "" }) => ({ index, note }));
  return parts.length > 1 ? { source: files, index: 0, count: parts.length, parts } : undefined;
}
