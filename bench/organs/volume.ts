import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Volume } from "../../core/image/volume.ts";
import { readImage } from "../../formats/index.ts";

/** One file, or all files of a folder as one series. */
export async function open(path: string): Promise<Volume> {
  const paths = (await stat(path)).isDirectory() ? (await readdir(path)).map((name) => join(path, name)) : [path];
  return readImage(await Promise.all(paths.map(async (file) => ({ bytes: await readFile(file) }))));
}
