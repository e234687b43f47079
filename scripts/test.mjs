// `npm test [-- vitest arguments]`: install once, lint, types, build, then every test. With arguments: only those tests.
import { root, run } from "./install.mjs";

const args = process.argv.slice(2);
if (args.length === 0) {
  run("npx", ["--no-install", "biome", "check", "."]);
  run("npx", ["--no-install", "tsc", "-b"]);
}
await import("./build.mjs");
run("npx", ["--no-install", "vitest", "run", "--project=!peers", ...args], { cwd: root });
