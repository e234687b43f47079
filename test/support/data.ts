import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url));

const dataRoot = resolve(repositoryRoot, process.env.PROMPTOMY_DATA ?? "../shared/data");

/** Path of a real image or study, or `undefined` where the data set is not installed (tests then say that they skip). */
export function dataPath(relative: string): string | undefined {
  const path = resolve(dataRoot, relative);
  return existsSync(path) ? path : undefined;
}
