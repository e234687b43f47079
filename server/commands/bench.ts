import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { defineCommand } from "citty";
import { packageRoot } from "../settings.ts";
import { UsageError } from "./args.ts";
import { exists } from "./files.ts";

/** Benches need the sources, their data and the development packages: this starts `bench/main.ts` of the checkout. */
export const bench = defineCommand({
  meta: {
    name: "bench",
    description: "Measure speed or accuracy; from a source checkout only (accuracy --help lists its options)",
  },
  args: { what: { type: "positional", description: "speed or accuracy, then its options", required: false } },
  async run({ rawArgs }) {
    const main = join(packageRoot, "bench", "main.ts");
    if (!(await exists(main))) {
      throw new Error("bench runs from a source checkout: this installation has no bench/main.ts.");
    }
    const child = spawn(process.execPath, ["--import", "tsx", main, ...rawArgs], { cwd: packageRoot, stdio: "inherit" });
    const [code]: unknown[] = await once(child, "exit");
    if (code === 2) throw new UsageError("See promptomy bench accuracy --help.");
    if (code !== 0) throw new Error("The bench did not finish.");
  },
});
