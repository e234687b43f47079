#!/usr/bin/env node
import { EXIT, runCli } from "./commands/main.ts";

/** A long-running command listens for itself; the others end here. */
if (!process.argv.includes("serve")) {
  process.once("SIGINT", () => process.exit(EXIT.interrupted));
}
process.exit(await runCli(process.argv.slice(2)));
