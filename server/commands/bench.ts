import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CommandDef, defineCommand } from "citty";
import { UsageError } from "./args.ts";
import { exists } from "./files.ts";

/** The folder of package.json, from the source and from the build. */
const root = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "../../" : "../../../", import.meta.url));

/** Benches need the sources, their data and the development packages: this starts `bench/main.ts` of the checkout. */
export const bench: CommandDef = defineCommand({
  meta: {
    name: "bench",
    description:
      "Measure speed or accuracy (bench speed, bench accuracy …); from a source checkout only (npm run bench -- accuracy --help lists options)",
  },
  async run({ rawArgs }) {
    const main = join(root, "bench", "main.ts");
    if (!(await exists(main))) {
      throw new Error("bench runs from a source checkout: this installation has no bench/main.ts.");
    }
    const child = spawn(process.execPath, ["--import", "tsx", main, ...rawArgs], {
      cwd: root,
      stdio: "inherit",
    });
    const [code]: unknown[] = await once(child, "exit");
    if (code === 2) throw new UsageError("npm run bench -- accuracy --help lists the options.");
    if (code !== 0) throw new Error("The bench did not finish.");
  },
});
