// Runs one of the Python test suites in a virtual environment of its own under .cache (Python 3.11; packages from PyPI).
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root, run } from "./install.mjs";

export function pytest(name, requirements, tests) {
  const venv = join(root, ".cache", name);
  const python = join(venv, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
  if (!existsSync(python)) run("python3", ["-m", "venv", venv]);
  run(python, ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", join(root, requirements)]);
  run(python, ["-m", "pytest", "-q", "-rs", join(root, tests)]);
}
