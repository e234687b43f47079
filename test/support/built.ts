/** Pages built once for a whole run: the browser tests' files run one after another, and a build takes seconds. */
import { existsSync } from "node:fs";
import { mkdtemp, rename } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The folder of a page, built by the first file that asks for it. To be read only; `scripts/browser.mjs` removes it. */
export async function builtOnce(name: string, build: (outDir: string) => Promise<unknown>): Promise<string> {
  const run = process.env.PROMPTOMY_BUILT_PAGES ?? (await mkdtemp(join(tmpdir(), "pages-")));
  const dir = join(run, name);
  if (existsSync(dir)) return dir;
  const unfinished = `${dir}.unfinished`;
  await build(unfinished);
  await rename(unfinished, dir);
  return dir;
}
