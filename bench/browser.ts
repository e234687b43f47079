/** Clicks in a real browser through the published client, decoded by its WASM worker. */

import { launchBrowser } from "../test/support/browser.ts";
import type { ClientPage } from "../test/support/client-page/main.ts";
import { type Row, sampleOf } from "./report.ts";

interface Options {
  /** Of a server whose page is the one of the client's tests. */
  readonly url: string;
  readonly imageId: string;
  readonly slice: number;
}

interface Clicks extends Options {
  readonly model: string;
  readonly count: number;
}

/** Runs in the page: slice opened → first mask, then single clicks. No inner functions: tsx would name them by a helper that the page lacks. */
async function clicks({ url, imageId, slice, model, count }: Clicks) {
  const { client } = globalThis as unknown as { client: ClientPage }; // set by the page's main.ts
  const segmenter = await client.createSegmenter({ server: url, model, decode: "wasm" });
  const opened = performance.now();
  const on = await segmenter.embed({ imageId, plane: "axial", slice });
  const click = { kind: "point", x: 60, y: 90, label: "foreground" } as const;
  await segmenter.segment(on, [click]);
  const first = performance.now() - opened;
  const times: number[] = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    await segmenter.segment(on, [{ ...click, x: 60 + 3 * (i % 40) }]);
    times.push(performance.now() - start);
  }
  const { threads } = segmenter.status;
  segmenter.close();
  return { first, times, threads };
}

/** Rows of one browser; the server isolates its page, so WASM may use threads. */
export async function browserRows(options: Options, models: { ours: string; yardstick: string }): Promise<Row[]> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(options.url);
    const run = (model: string, count: number) => page.evaluate(clicks, { ...options, model, count });
    const ours = await run(models.ours, 60);
    const yardstick = await run(models.yardstick, 5);
    const where = `browser WASM, ${ours.threads} threads`;
    const first = (ms: number) => sampleOf([ms]);
    return [
      {
        what: `open the first slice → first mask, decoder start included (${where})`,
        unit: "ms",
        ours: first(ours.first),
        yardstick: first(yardstick.first),
      },
      {
        what: `click → mask (${where})`,
        unit: "ms",
        ours: sampleOf(ours.times),
        yardstick: sampleOf(yardstick.times),
      },
    ];
  } finally {
    await browser.close();
  }
}
