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

  test("is at most 40 kB on the page, packed, without onnxruntime", async () => {
    const bundle = await build({
      configFile: false,
      logLevel: "error",
      build: {
        write: false,
        minify: true,
        lib: { entry: `${client}/dist/client/index.js`, formats: ["es"], fileName: "client" },
      },
      worker: { format: "es" },
    });
    const outputs = [bundle].flat().flatMap((result) => ("output" in result ? result.output : []));
    const chunks = outputs.filter((file) => file.type === "chunk");
    const bytes = chunks.reduce((sum, { code }) => sum + gzipSync(code).length, 0);
    expect(chunks.length).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(40_000);
    console.log(`client on the page: ${bytes} bytes packed`);
  });
});
