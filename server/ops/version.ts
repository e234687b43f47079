/** The release that runs. */
import { readFile } from "node:fs/promises";

/** From package.json, which stands beside the sources and one folder up from the build. */
export async function readVersion(): Promise<string> {
  const up = import.meta.url.endsWith(".ts") ? "../../" : "../../../";
  const { version } = JSON.parse(await readFile(new URL(`${up}package.json`, import.meta.url), "utf8"));
  return version;
}
