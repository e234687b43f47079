/** The client as it is packed. */
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { describe, expect, test } from "vitest";

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const client = at("node_modules/@promptomy/client");

describe("the packed client", () => {
  test.each([
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ])("has types that TypeScript 5.4 reads, %s and %s, libraries checked too", (module, moduleResolution) => {
    const flags = ["--noEmit", "--strict", "--target", "es2022", "--lib", "es2022,dom"];
    const args = [...flags, "--module", module, "--moduleResolution", moduleResolution, at("types/reader.mts")];
    const { stdout } = spawnSync(process.execPath, [at("node_modules/typescript-5.4/bin/tsc"), ...args], {
      encoding: "utf8",
      cwd: tmpdir(),
    });
    expect(stdout).toBe("");
  });

  test("is clean to publint, and has its licence", () => {
    const publint = at("../../node_modules/publint/src/cli.js");
    expect(execFileSync(process.execPath, [publint, client], { encoding: "utf8" })).toContain("All good!");
    expect(readFileSync(`${client}/LICENSE`, "utf8")).toContain("Apache License");
  });

  test("is clean to attw, as ES modules alone", () => {
    const attw = at("node_modules/@arethetypeswrong/cli/dist/index.js");
    const args = [attw, at("../../dist/promptomy-client-0.1.0.tgz"), "--profile", "esm-only", "--no-emoji"];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
    expect(stdout).toContain("@promptomy/client/cornerstone");
    expect(status).toBe(0);
  });

  test("every entry but the workers is imported where there is no browser", () => {
    const { exports } = JSON.parse(readFileSync(`${client}/package.json`, "utf8"));
    const entries = Object.keys(exports).filter((entry) => !entry.includes("worker"));
    expect(entries).toContain("./element");
    const script = entries.map((entry) => `await import(${JSON.stringify(entry.replace(".", "@promptomy/client"))});`);
    const args = ["--input-type=module", "--eval", script.join("\n")];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", cwd: at(".") });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("is on the page, and in its worker, as large as its README says, without onnxruntime", async () => {
    const page = await gzipped(`${client}/dist/client/index.js`);
    const worker = await gzipped(`${client}/dist/client/decode/decoder.worker.js`);
    const said = /at most (\d+) kB for the page and (\d+) kB for the worker/.exec(
      readFileSync(`${client}/README.md`, "utf8"),
    );
    expect(Math.abs(page - 1000 * Number(said?.[1]))).toBeLessThan(2000);
    expect(Math.abs(worker - 1000 * Number(said?.[2]))).toBeLessThan(2000);
    expect(page).toBeLessThan(40_000);
  });
});

/** Bytes of a module with what it imports, minified and gzipped, as Vite makes them; what it loads later is not counted. */
async function gzipped(entry: string): Promise<number> {
  const bundle = await build({
    configFile: false,
    logLevel: "error",
    build: { write: false, minify: true, lib: { entry, formats: ["es"], fileName: "client" } },
    worker: { format: "es" },
  });
  const outputs = [bundle].flat().flatMap((result) => ("output" in result ? result.output : []));
  const chunks = outputs.filter((file) => file.type === "chunk" && file.isEntry);
  expect(chunks).toHaveLength(1);
  return chunks.reduce((sum, file) => sum + ("code" in file ? gzipSync(file.code).length : 0), 0);
}
