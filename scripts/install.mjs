// Installs the dependencies once, so that a fresh clone needs no command before `npm start` or `npm test`. Uses Node alone.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node 20.19 or newer is needed, this is ${process.versions.node}.`);
  process.exit(1);
}

const changed = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** True when `npm ci` has not run in the folder since its lock file changed. */
const isStale = (folder) =>
  changed(join(folder, "node_modules", ".package-lock.json")) < changed(join(folder, "package-lock.json"));

export function run(command, args, options = {}) {
  const shell = process.platform === "win32";
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", shell, ...options });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  if (signal || status !== 0) process.exit(status ?? 1);
}

/** Foreign packages of one kind of test, in a folder of their own, so that nobody else installs them. */
export function installIn(folder, what) {
  if (!isStale(folder)) return;
  console.error(`Installing ${what} (once) …`);
  run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: folder });
}

if (isStale(root)) {
  console.error("Installing dependencies (once) …");
  // The GPU libraries of onnxruntime-node come from outside the registry; docs/deploy.md says how to add them.
  run("npm", ["ci"], { env: { ONNXRUNTIME_NODE_INSTALL: "skip", ...process.env } });
}
