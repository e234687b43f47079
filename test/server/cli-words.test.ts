/** What the command line says to people: wrong use is named before any work, and results say where they went. */
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { IDENTITY } from "../../core/image/geometry.ts";
import { writeNiftiLabelmap, writePng } from "../../formats/index.ts";
import { runCli } from "../../server/commands/main.ts";
import { writeTinyModel } from "../support/onnx.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "cli-words-"));
  await writeTinyModel(join(dir, "models", "tiny"));
  await mkdir(join(dir, "pictures"));
  for (let n = 0; n < 9; n++) {
    const data = new Uint8Array(1200).fill(20 * n + 20);
    await writeFile(join(dir, "pictures", `${n}.png`), writePng({ width: 40, height: 30, data }));
  }
  await writeFile(join(dir, "pictures", "0.png"), "broken");
  const labels = Uint16Array.from({ length: 16 * 12 * 6 }, (_, i) => i % 900);
  await writeFile(join(dir, "volume.nii"), writeNiftiLabelmap({ labels, size: [16, 12, 6], ijkToLps: IDENTITY }));
}, 60_000);
afterAll(() => rm(dir, { recursive: true, force: true }));

const picture = () => join(dir, "pictures", "1.png");

/** Its exit code and what it writes; `cache` exists only where it has begun to work. */
async function said(name: string, ...args: readonly string[]) {
  const written = { out: "", err: "" };
  for (const [which, stream] of [
    ["out", process.stdout],
    ["err", process.stderr],
  ] as const) {
    const spy = vi.spyOn(stream, "write").mockImplementation((chunk, ...rest) => {
      written[which] += chunk;
      const done = rest.find((value) => typeof value === "function");
      done?.();
      return true;
    });
    onTestFinished(() => spy.mockRestore());
  }
  const cache = await mkdtemp(join(dir, "cache-"));
  await rm(cache, { recursive: true });
  const where = ["--cache-dir", cache, "--model-dir", join(dir, "models"), "--device", "cpu"];
  const code = await runCli([name, ...(name === "models" ? [] : where), ...args]);
  vi.restoreAllMocks();
  return { code, ...written, worked: existsSync(cache) };
}

describe("wrong use is exit code 2, said before any work", () => {
  test.each([
    ["an option nobody knows", ["segment", "FILE", "--magic"], "There is no option --magic. --help names all."],
    ["the beginning of an option", ["segment", "FILE", "--prop"], "Did you mean --propagate?"],
    ["an option without its value", ["segment", "FILE", "--point"], "--point needs a value."],
    ["a flag with a value", ["segment", "FILE", "--json=1"], "--json takes no value."],
    ["-o in no folder", ["segment", "FILE", "--point", "1,1", "-o", "DIR/no/x.png"], "there is no folder DIR/no."],
    ["-o in a file", ["segment", "FILE", "--point", "1,1", "-o", "FILE/x.png"], "there is no folder FILE."],
    ["-o of a folder", ["segment", "FILE", "--point", "1,1", "-o", "DIR"], "-o DIR is a folder."],
    ["-o of a file for slices", ["segment", "DIR/volume.nii", "--slice", "1:2", "--point", "1,1", "-o", "FILE"], "-o"],
    [
      "-o of all, in no folder",
      ["segment", "FILE", "--find", "all", "-o", "DIR/no/x.json"],
      "there is no folder DIR/no.",
    ],
    [
      "-o of names, in no folder",
      ["segment", "FILE", "--text", "liver, spleen", "-o", "DIR/no/x.json"],
      "no folder DIR/no.",
    ],
    [
      "-o of a volume, in no folder",
      ["segment", "FILE", "--text", "liver", "--propagate", "-o", "DIR/no/x.nii"],
      "no folder DIR/no.",
    ],
    ["-o of an embedding, in no folder", ["encode", "FILE", "-o", "DIR/no/x"], "there is no folder DIR/no."],
    [
      "--zoom for several names",
      ["segment", "FILE", "--text", "liver, spleen", "--zoom", "never"],
      "--zoom is for one structure",
    ],
    ["--zoom for all", ["segment", "FILE", "--find", "all", "--zoom", "always"], "--zoom is for one structure"],
    [
      "--zoom for a volume",
      ["segment", "FILE", "--text", "liver", "--propagate", "--zoom", "auto"],
      "--zoom is for one structure",
    ],
  ])("%s", async (_title, [name, ...args], words) => {
    const filled = (text: string) => text.replaceAll("FILE", picture()).replaceAll("DIR", dir);
    const { code, err, worked } = await said(name, ...args.map(filled));
    expect({ code, worked }).toEqual({ code: 2, worked: false });
    expect(err).toContain(filled(words));
  });
});

test("promptomy models alone names its commands", async () => {
  const { code, out } = await said("models");
  expect(code).toBe(2);
  for (const name of ["list", "verify", "pull"]) expect(out).toMatch(new RegExp(`^\\s+${name} `, "m"));
});

test("of several pictures in a folder it says which one was read", async () => {
  const { code, err } = await said("segment", join(dir, "pictures"), "--point", "1,1");
  expect(code).toBe(0);
  expect(err).toContain("The files hold 8 images: file 2 of 9 is read, 7 are left out.");
}, 60_000);

test.each([
  ["--find", "all"],
  ["--text", "liver, spleen"],
])(
  "%s %s says where it wrote",
  async (...what) => {
    const path = join(dir, "found.json");
    const { out } = await said("segment", join(dir, "volume.nii"), ...what, "-o", path);
    expect(out).toContain(`→ ${path}`);
    expect(existsSync(path)).toBe(true);
  },
  60_000,
);
