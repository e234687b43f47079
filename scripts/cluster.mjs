// `node scripts/cluster.mjs [--replicas 2] [--workers 1] [--port 8080] [--restart]`: what compose.yaml starts, as processes of this machine:
// Redis, nginx (both Debian packages), replicas and workers. Prints the gateway's address; ends all of it with itself. With
// `--restart` a worker or Redis that ends is started again, as a supervisor does. Port 0 takes any free one.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import "./build.mjs";
import { gatewayConfig } from "./gateway.mjs";
import { root } from "./install.mjs";

const { values } = parseArgs({
  options: {
    replicas: { type: "string", default: "2" },
    workers: { type: "string", default: "1" },
    port: { type: "string", default: "8080" },
    restart: { type: "boolean", default: false },
  },
});
for (const program of ["redis-server", "nginx"]) {
  if (spawnSync(program, ["-v"]).error)
    throw new Error(`${program} is needed: apt-get install ${program.replace("nginx", "nginx-light")}`);
}

const dir = mkdtempSync(join(tmpdir(), "cluster-"));
const children = new Set();
let ending = false;
const RESTARTED = ["redis-server", "work"];
const RESTART_MS = 1000;
/** As in the Dockerfile. */
const MALLOC = { MALLOC_ARENA_MAX: "2", MALLOC_MMAP_THRESHOLD_: "131072" };

function end(code) {
  if (ending) return;
  ending = true;
  for (const child of children) child.kill("SIGTERM");
  setTimeout(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
    process.exit(code);
  }, 3000);
}

function start(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"], ...options });
  child.once("exit", (code) => {
    children.delete(child);
    if (ending) return;
    console.error(`${command} ended with ${code}.`);
    if (!values.restart || !RESTARTED.some((word) => [command, ...args].includes(word))) return end(1);
    setTimeout(() => ending || start(command, args, options), RESTART_MS);
  });
  child.stdout.resume();
  children.add(child);
  return child;
}

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** The command's first line on standard output says that it is ready. */
async function promptomy(name, command, more) {
  const args = ["dist/server/cli.js", command, "--json", "--quiet", "--cache-dir", join(dir, name), ...more];
  const child = start(process.execPath, args, { env: { ...process.env, ...MALLOC } });
  const [line] = await new Promise((resolve) =>
    child.stdout.once("data", (chunk) => resolve(String(chunk).split("\n"))),
  );
  return JSON.parse(line);
}

process.on("SIGINT", () => end(0));
process.on("SIGTERM", () => end(0));
const port = values.port === "0" ? await freePort() : values.port;
const redisPort = await freePort();
start("redis-server", [
  "--bind",
  "127.0.0.1",
  "--port",
  String(redisPort),
  "--save",
  "",
  "--dir",
  dir,
  "--loglevel",
  "warning",
]);
const shared = ["--queue", `redis://127.0.0.1:${redisPort}`, "--image-dir", join(dir, "images")];
const names = (count, name) => Array.from({ length: Number(count) }, (_, n) => `${name}-${n}`);
const replicas = [];
for (const name of names(values.replicas, "replica"))
  replicas.push(await promptomy(name, "serve", ["--port", "0", ...shared]));
for (const name of names(values.workers, "worker")) await promptomy(name, "work", shared);

const hosts = replicas.map(({ url }) => new URL(url).host);
const config = gatewayConfig({ dir, listen: `127.0.0.1:${port}`, replicas: hosts });
writeFileSync(join(dir, "nginx.conf"), config);
start("nginx", ["-c", join(dir, "nginx.conf"), "-e", "stderr", "-g", "daemon off;"]);
console.log(JSON.stringify({ url: `http://127.0.0.1:${port}`, replicas: replicas.map(({ url }) => url) }));
