import { createHash } from "node:crypto";
import { readFile, truncate, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { unsafeOnnx } from "../../server/models/onnx-walk.ts";
import { loadModels } from "../../server/models/registry.ts";
import { readVerified } from "../../server/models/verify.ts";
import { matMulModel, onnxModel } from "../support/onnx.ts";
import { modelFolder, scratch } from "./inference-support.ts";

const square = { type: "float32", dims: [2, 2] } as const;

/** One node, one constant; what makes it unsafe is added. */
const oneNode = ({
  op = "Add",
  domain,
  externalLocation,
}: {
  op?: string;
  domain?: string;
  externalLocation?: string;
}) =>
  onnxModel({
    nodes: [{ op, inputs: ["x", "c"], outputs: ["y"], ...(domain && { domain }) }],
    inputs: [{ name: "x", ...square }],
    outputs: [{ name: "y", ...square }],
    initializers: [
      { name: "c", dims: [2, 2], data: new Float32Array(4), ...(externalLocation && { externalLocation }) },
    ],
  });

describe("the model registry", () => {
  test("serves every file that a manifest names, and no other", async () => {
    const models = await loadModels([await modelFolder(await scratch())]);
    expect(models.refused()).toEqual([]);
    expect(models.get().id).toBe("tiny");
    const file = models.file("tiny", "decoder.onnx");
    expect((await readFile(file.path)).byteLength).toBe(file.bytes);
    expect(models.file("tiny", "golden.safetensors").digest).toMatch(/^sha256:/);
    for (const name of ["manifest.json", "../tiny/decoder.onnx", "/etc/passwd", ""]) {
      expect(() => models.file("tiny", name)).toThrow(expect.objectContaining({ code: "FileNotFound" }));
    }
    expect(() => models.get("other")).toThrow(expect.objectContaining({ code: "UnknownModel" }));
  });

  test("looks into the folders of a folder; the first folder given holds the default", async () => {
    const [many, one] = [await scratch(), await scratch()];
    for (const id of ["b", "a"]) await modelFolder(many, { id });
    const models = await loadModels([await modelFolder(one, { id: "z" }), many, join(one, "missing")]);
    expect(models.list().map(({ id }) => id)).toEqual(["z", "a", "b"]);
    expect(models.get().id).toBe("z");
  });

  const LFS = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n";
  test.each([
    { name: "empty", spoil: (path: string) => truncate(path, 0), reason: "is empty" },
    { name: "cut in half", spoil: (path: string) => truncate(path, 700), reason: /is cut short: 700 of \d+ bytes/ },
    { name: "a Git LFS pointer", spoil: (path: string) => writeFile(path, LFS), reason: "Git LFS pointer" },
    {
      name: "an HTML page",
      spoil: (path: string) => writeFile(path, "<!DOCTYPE html><p>Sign in"),
      reason: "HTML page",
    },
    { name: "too long", spoil: (path: string) => writeFile(path, "x", { flag: "a" }), reason: "is too long" },
    { name: "missing", spoil: (path: string) => unlink(path), reason: "cannot be read" },
    { name: "changed in one bit", spoil: flipBit, reason: "other content than its digest says" },
  ])("refuses a model whose decoder is $name, says so, and serves the others (F-4)", async ({ spoil, reason }) => {
    const dir = await scratch();
    await spoil(join(await modelFolder(dir, { id: "bad" }), "decoder.onnx"));
    await modelFolder(dir, { id: "good" });
    const models = await loadModels([dir]);
    expect(models.list().map(({ id }) => id)).toEqual(["good"]);
    expect(models.refused()).toMatchObject([
      {
        id: "bad",
        error: { code: "ModelCorrupt", detail: { file: "decoder.onnx", reason: expect.stringMatching(reason) } },
      },
    ]);
    expect(() => models.get("bad")).toThrow(expect.objectContaining({ code: "ModelCorrupt" }));
  });

  test("refuses a graph with the right digest that asks for files or libraries outside itself (S-18)", async () => {
    const encoder = oneNode({ externalLocation: "../../etc/passwd" });
    const models = await loadModels([await modelFolder(await scratch(), { encoder })]);
    expect(models.list()).toEqual([]);
    expect(() => models.get()).toThrow(expect.objectContaining({ code: "ModelCorrupt" }));
  });

  test.each([
    { name: "has no digest", change: { encoder: { path: "encoder.onnx" } }, reason: "no recorded size and digest" },
    {
      name: "leaves its folder",
      change: { encoder: { path: "../encoder.onnx" } },
      reason: "outside the model's folder",
    },
    { name: "has an unknown key", change: { teapot: { path: "encoder.onnx" } }, reason: "teapot" },
  ])("refuses a manifest whose graph $name", async ({ change, reason }) => {
    const dir = await modelFolder(await scratch());
    const path = join(dir, "manifest.json");
    const manifest = JSON.parse(await readFile(path, "utf8"));
    await writeFile(path, JSON.stringify({ ...manifest, graphs: { ...manifest.graphs, ...change } }));
    const [refused] = (await loadModels([dir])).refused();
    expect(refused?.error.message).toContain(reason);
  });

  test("refuses a manifest that is no JSON", async () => {
    const dir = await modelFolder(await scratch());
    await writeFile(join(dir, "manifest.json"), "<html>");
    expect((await loadModels([dir])).refused()[0]?.error.detail).toMatchObject({ file: "manifest.json" });
  });
});

describe("readVerified", () => {
  test("gives the bytes that were hashed, and notices a change after the start", async () => {
    const dir = await modelFolder(await scratch());
    const { encoder } = (await loadModels([dir])).get().graphs;
    const bytes = await readVerified(encoder);
    expect(`sha256:${createHash("sha256").update(bytes).digest("hex")}`).toBe(encoder.digest);
    await flipBit(encoder.path);
    await expect(readVerified(encoder)).rejects.toMatchObject({ code: "ModelCorrupt" });
  });
});

describe("unsafeOnnx", () => {
  test("passes plain graphs and ONNX Runtime's own operators", () => {
    expect(unsafeOnnx(matMulModel(4, 3))).toBeUndefined();
    expect(unsafeOnnx(oneNode({ domain: "com.microsoft" }))).toBeUndefined();
  });

  test.each([
    { name: "external data", bytes: oneNode({ externalLocation: "weights.bin" }), reason: "outside the file" },
    { name: "a foreign domain", bytes: oneNode({ domain: "evil.example" }), reason: 'domain "evil.example"' },
    { name: "a compiled context", bytes: oneNode({ op: "EPContext", domain: "com.microsoft" }), reason: "other files" },
    { name: "text", bytes: new TextEncoder().encode("hello, this is no model"), reason: "is no ONNX file" },
    { name: "nothing", bytes: new Uint8Array(0), reason: "holds no graph" },
    { name: "a file cut short", bytes: matMulModel(4, 3).slice(0, -5), reason: "cut short" },
  ])("finds $name", ({ bytes, reason }) => {
    expect(unsafeOnnx(bytes)).toContain(reason);
  });

  test("ends on any bytes with an answer, never with an exception", () => {
    const model = oneNode({ externalLocation: "weights.bin" });
    for (let at = 0; at < model.length; at++) {
      const bytes = model.slice();
      bytes[at]! ^= 0xff;
      expect(() => unsafeOnnx(bytes)).not.toThrow();
      expect(() => unsafeOnnx(model.subarray(0, at))).not.toThrow();
    }
  });
});

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
}
