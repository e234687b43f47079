// Installs the dependencies once, so that a fresh clone needs no command before `npm start` or `npm test`. Uses Node alone.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Node 20.19 or newer is needed, this is ${process.versions.node}.`);
  process.exit(1);
}

/** True when `npm ci` has not run since the lock file changed. */
function isStale() {
  const installed = `${root}node_modules/.package-lock.json`;
  return !existsSync(installed) || statSync(installed).mtimeMs < statSync(`${root}package-lock.json`).mtimeMs;
}

export function run(command, args, options = {}) {
  const shell = process.platform === "win32";
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: "inherit", shell, ...options });
  if (error) console.error(`${command} could not be started: ${error.message}`);
  if (signal || status !== 0) process.exit(status ?? 1);
}

if (isStale()) {
  console.error("Installing dependencies (once) …");
  // The GPU libraries of onnxruntime-node come from outside the registry; docs/deploy.md says how to add them.
  run("npm", ["ci"], { env: { ONNXRUNTIME_NODE_INSTALL: "skip", ...process.env } });
}
