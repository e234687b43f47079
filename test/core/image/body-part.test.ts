import { expect, test } from "vitest";
import { regionOf } from "../../../core/image/body-part.ts";
import { entries } from "../text/shipped-names.ts";

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
