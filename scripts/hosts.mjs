// `npm run test:hosts [-- vitest arguments]`: the packed client in real foreign viewers and bundlers, which live in test/hosts alone.
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import "./build.mjs";
import { installIn, root, run } from "./install.mjs";

const hosts = join(root, "test", "hosts");
installIn(hosts, "the foreign viewers");

// As a user gets it: from the tarball. Its dependencies are found in the root's node_modules.
const client = join(hosts, "node_modules", "@promptomy", "client");
rmSync(client, { recursive: true, force: true });
mkdirSync(client, { recursive: true });
const tarball = join(root, "dist", "promptomy-client-0.1.0.tgz");
if (existsSync(tarball)) rmSync(tarball);
run("npm", ["pack", "--workspace", "client", "--pack-destination", "dist", "--silent"]);
run("tar", ["-xzf", tarball, "--strip-components", "1", "-C", client]);

run("npx", ["--no-install", "tsc", "-p", "test/hosts"]);
run("npx", ["--no-install", "vitest", "run", "--config", "test/hosts/vitest.config.ts", ...process.argv.slice(2)]);
