import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { regionOf } from "../../../core/image/body-part.ts";
import { headerOf } from "../../../core/image/header.ts";
import { readImage } from "../../../formats/index.ts";
import { sha256 } from "../../../server/disk/sha256.ts";
import { dataPath, needsData } from "../../support/data.ts";
import { entries } from "../text/shipped-names.ts";

const SERIES = "tests/ct_dicom_gantry_tilt";

test.each([
  ["ABDOMEN", "trunk"],
  ["Chest Abdomen", "trunk"],
  ["head", "head"],
  ["KNEE", "limb"],
  ["WHOLEBODY", undefined],
  ["", undefined],
  [undefined, undefined],
])("%j of a file is the region %s", (part, region) => {
  expect(regionOf(part)).toBe(region);
});

test("every region that a file may name has names in the vocabulary", () => {
  const regions = new Set(entries.map((entry) => entry.region));
  for (const part of ["ABDOMEN", "BRAIN", "NECK", "EYE", "BREAST", "HAND", "FETUS", "COLON", "SKIN"])
    expect(regions).toContain(regionOf(part));
});

test("the part that a real series names is in what is known of it", needsData(SERIES), async () => {
  const names = readdirSync(dataPath(SERIES)!, { recursive: true, encoding: "utf8" });
  const paths = names.map((name) => join(dataPath(SERIES)!, name)).filter((path) => statSync(path).isFile());
  const volume = await readImage(paths.map((path) => ({ bytes: readFileSync(path) })));
  expect(headerOf(volume, sha256).info.bodyPart).toBe("head");
  const { source: _said, ...unsaid } = volume;
  expect(headerOf(unsaid, sha256).info).not.toHaveProperty("bodyPart");
});
