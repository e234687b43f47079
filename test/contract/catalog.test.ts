import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Manifest } from "../../core/wire/manifest.ts";
import { repositoryRoot } from "../support/data.ts";

const folder = join(repositoryRoot, "models/catalog");
const files = readdirSync(folder).filter((name) => name.endsWith(".json"));
const manifests = files.map((file) => ({
  file,
  manifest: Manifest.parse(JSON.parse(readFileSync(join(folder, file), "utf8"))),
}));

describe("models/catalog", () => {
  test.each(manifests)("$file is called what its id says", ({ file, manifest }) => {
    expect(`${manifest.id}.json`).toBe(file);
  });

  test.each(manifests)("$file names no file twice and no data outside the graph", ({ manifest }) => {
    const paths = Object.values(manifest.graphs).map((graph) => graph!.path);
    expect(new Set(paths).size).toBe(paths.length);
    expect(paths.every((path) => path.endsWith(".onnx"))).toBe(true);
  });

  test.each(manifests)("$file pads exactly when it keeps the aspect", ({ manifest: { input } }) => {
    expect(input.pad).toBe(input.resize === "stretch" ? "none" : "bottom-right");
  });

  test.each(manifests)("$file says that it is not for diagnosis", ({ manifest }) => {
    expect(manifest.intendedUse).toContain("not for diagnosis");
  });

  test("box-only models take boxes only", () => {
    const medical = manifests.filter(({ manifest }) => /medsam/.test(manifest.id));
    expect(medical).toHaveLength(2);
    for (const { manifest } of medical) expect(manifest.prompts).toEqual(["box"]);
  });
});
