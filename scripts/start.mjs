// `npm start [-- --port N] [--examples] [FILE|FOLDER]`: install once, build what changed, serve.
import { spawn } from "node:child_process";
import { build } from "./build.mjs";
import { root } from "./install.mjs";

if (process.argv.includes("--examples")) build("examples");

const server = spawn(process.execPath, [`${root}dist/server/cli.js`, "serve", ...process.argv.slice(2)], {
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.kill(signal));
server.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
