// `npm run test:engines`: the tests that need what others have in Python, in a virtual environment under .cache: servers (moto's S3,
// KServe, Ray Serve), and readers of the files of deployment (Kubernetes, Compose, Triton, Dockerfile).
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./install.mjs";

const venv = join(root, ".cache/engines");
const python = join(venv, "bin/python");
if (!existsSync(python)) run("python3", ["-m", "venv", venv]);
run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", "test/engines/requirements.txt"]);
run("npx", ["--no-install", "vitest", "run", "--project", "unit", "test/server/cluster", ...process.argv.slice(2)]);
