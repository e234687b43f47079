import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { dataPath } from "../support/data.ts";
import { cacheFolder, filesOf, openStore, pngOf } from "./image-support.ts";

const BOMB = dataPath("tests/reports/30-dos-jpeg-2000");

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

  test.skipIf(!BOMB)("a file made to cost much costs the next one little (reports 30)", async () => {
    const { store } = await openStore(await cacheFolder());
    const bomb = await readFile(join(BOMB ?? "", "dos_j2k_16.dcm"));
    store.warm();
    await sleep(3000);
    await store.add(filesOf(pngOf(1)));
    const settled = (asked: Promise<unknown>) =>
      asked.then(
        () => "read",
        (error) => error.code,
      );
    const started = performance.now();
    const bombs = [1, 2].map(() =>
      settled(store.add(filesOf(bomb))).then((code) => ({ code, ms: performance.now() - started })),
    );
    await sleep(300);
    const asked = performance.now();
    await store.add(filesOf(pngOf(2)));
    const waitedMs = performance.now() - asked;
    for (const { code, ms } of await Promise.all(bombs)) {
      expect(["read", "TooLarge"]).toContain(code);
      expect(ms).toBeLessThan(10_000); // 5 s on an idle machine
    }
    expect(waitedMs).toBeLessThan(4000); // 2 s on an idle machine
  });
});
