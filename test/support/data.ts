import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

declare module "vitest" {
  interface TaskMeta {
    /** What a skipped test would need; `scripts/skips.mjs` counts it. */
    needs?: string;
  }
}

export const repositoryRoot = fileURLToPath(new URL("../..", import.meta.url));

const dataRoot = resolve(repositoryRoot, process.env.PROMPTOMY_DATA ?? "../shared/data");

/** Path of a real image or study, or `undefined` where the data set is not installed. */
export function dataPath(relative: string): string | undefined {
  const path = resolve(dataRoot, relative);
  return existsSync(path) ? path : undefined;
}

/** Options of a suite or test that reads these paths: skipped where one is missing, and counted at the end of the run. */
export function needsData(...paths: [string, ...string[]]): { skip?: true; meta?: { needs: string } } {
  return paths.every(dataPath) ? {} : { skip: true, meta: { needs: "the data folder (PROMPTOMY_DATA)" } };
}
