import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { dataPath } from "../support/data.ts";
import { cacheFolder, filesOf, openStore, pngOf } from "./image-support.ts";

const BOMB = dataPath("tests/reports/30-dos-jpeg-2000");

const MIB = 2 ** 20;

/** A NIfTI header that asks for so many bytes of int16, and zeros. */
function niftiBomb(bytes: number): Uint8Array {
  const head = Buffer.alloc(352);
  head.writeInt32LE(348, 0);
  for (const [n, dim] of [3, 1024, 1024, bytes / 2 / 2 ** 20].entries()) head.writeInt16LE(dim, 40 + 2 * n);
  for (let n = 4; n < 8; n++) head.writeInt16LE(1, 40 + 2 * n);
  head.writeInt16LE(4, 70);
  head.writeInt16LE(16, 72);
  for (let n = 1; n < 4; n++) head.writeFloatLE(1, 76 + 4 * n);
  head.writeFloatLE(352, 108);
  head.write("n+1\0", 344, "latin1");
  return gzipSync(Buffer.concat([head, Buffer.alloc(bytes)]), { level: 9 });
}

/** Starting children from source takes seconds on a busy machine. */
const timeout = 120_000;

describe("uploads beside each other", { timeout }, () => {
  test("are refused when too many wait, with the time to come back", async () => {
    const { store } = await openStore(await cacheFolder(), { readQueueJobs: 3 });
    const asked = await Promise.all(
      Array.from({ length: 12 }, (_, n) =>
        store.add(filesOf(pngOf(n))).then(
          () => "read",
          (error) => `${error.code} ${error.detail.retryAfterS >= 1}`,
        ),
      ),
    );
    expect(asked.filter((answer) => answer === "read").length).toBeGreaterThanOrEqual(5);
    expect(new Set(asked)).toEqual(new Set(["read", "Saturated true"]));
  });

  test.each([
    { name: "a gzip volume", bytes: () => niftiBomb(400 * MIB), codes: ["TooLarge"] },
    {
      name: "a gzip stream of nothing known",
      bytes: () => gzipSync(Buffer.alloc(300 * MIB)),
      codes: ["UnsupportedFormat", "TooLarge"],
    },
  ])("B-2: $name that expands a thousandfold is refused before it is all there", async ({ bytes, codes }) => {
    const { store } = await openStore(await cacheFolder());
    const code = await store.add(filesOf(bytes())).then(
      () => "read",
      (error) => error.code,
    );
    expect(codes).toContain(code);
    expect(process.memoryUsage.rss()).toBeLessThan(1500 * MIB);
  });

  test.skipIf(!BOMB)(
    "files made to cost much are refused by what they claim, and the next one is read beside them (reports 30)",
    async () => {
      const { store } = await openStore(await cacheFolder());
      const bomb = await readFile(join(BOMB ?? "", "dos_j2k_16.dcm"));
      store.warm();
      await sleep(3000);
      await store.add(filesOf(pngOf(1)));
      const ended: string[] = [];
      const asked = (name: string, work: Promise<unknown>) =>
        work.then(
          () => ended.push(`${name} read`),
          (error) => ended.push(`${name} ${error.code}`),
        );
      const bombs = [1, 2].map(() => asked("bomb", store.add(filesOf(bomb))));
      await sleep(300);
      await Promise.all([...bombs, asked("picture", store.add(filesOf(pngOf(2))))]);
      expect(ended.toSorted()).toEqual(["bomb TooLarge", "bomb TooLarge", "picture read"]);
    },
  );
});
