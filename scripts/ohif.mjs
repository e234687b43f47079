// The viewer that many archives are looked at with, as npm has it: only its built page, none of its dependencies.
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./install.mjs";

const VERSION = "3.13.2";
const folder = join(root, ".cache", `ohif-${VERSION}`);

/** `test/archive/ohif.ts` serves what it leaves. */
export function fetchOhif() {
  if (existsSync(join(folder, "package", "dist", "index.html"))) return;
  console.error(`Fetching @ohif/app ${VERSION} (once) …`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run("npm", ["pack", `@ohif/app@${VERSION}`, "--pack-destination", folder, "--silent"]);
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  run("tar", ["-xzf", join(folder, tarball), "-C", folder]);
  rmSync(join(folder, tarball));
}
