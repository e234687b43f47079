import { describe, expect, test } from "vitest";
import { tokenise } from "../../../core/prompt/tokens.ts";

const ids = (text: string) => [...tokenise(text)].map(Number);

describe("tokenise", () => {
  test.each([
    ["liver", [1065, 641, 1948, 2065, 3083, 2096]],
    [
      "Barrett's œsophagus",
      [2269, 689, 2313, 1843, 1995, 1828, 2639, 3634, 2184, 3240, 3565, 687, 598, 2095, 641, 2513, 1180, 2228, 1283],
    ],
    [
      "intervertebral disc L5-S1",
      [
        3959, 2740, 3468, 2327, 2302, 1728, 1419, 3083, 2536, 1316, 576, 2863, 2208, 2827, 1682, 1519, 1655, 2621, 2041,
        2379, 480, 328, 1658, 432, 2891, 1919,
      ],
    ],
    ["", [0]],
    ["肝臓 !?", [0]],
  ])("gives %j the ids that training gives it", (text, expected) => {
    expect(ids(text)).toEqual(expected);
  });

  test.each([
    ["Left Kidney", "left kidney"],
    ["Région", "region"],
    ["left-kidney", "left kidney"],
    ["  liver\n", "liver"],
    ["ﬁbula", "fibula"],
  ])("%j says the same as %j", (a, b) => {
    expect(ids(a)).toEqual(ids(b));
  });

  test("similar words share trigrams", () => {
    const shared = ids("tumour").filter((id) => ids("tumor").includes(id));
    expect(shared.length).toBeGreaterThanOrEqual(3);
  });

  test("stays within the vocabulary and 64 ids, whatever is typed", () => {
    const many = ids("a 😀 word ".repeat(500));
    expect(many).toHaveLength(64);
    expect(Math.min(...many)).toBeGreaterThan(0);
    expect(Math.max(...many)).toBeLessThan(4096);
  });
});
