/** `bench offline`: encoding in a browser's WASM, beside Node on one core in the same run. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { build } from "vite";
import { modelFiles } from "../client/app/local/static-files.ts";
import { sliceOf } from "../core/image/slice.ts";
import { defaultWindow } from "../core/image/window.ts";
import { modelInput } from "../core/model/preprocess.ts";
import { createPhantom } from "../core/phantom/phantom.ts";
import { openEncoder } from "../server/inference/graphs.ts";
import { loadModels } from "../server/models/registry.ts";
import { launchBrowser } from "../test/support/browser.ts";
import { ISOLATED, serveForeign } from "../test/support/serve.ts";
import { machine, type Sample, sampleOf } from "./report.ts";

const SLICES = Array.from({ length: 12 }, (_, n) => 10 + 6 * n);
/** Turns of Node and browser, one after the other, so that other work on the machine meets both. */
const TURNS = 3;

type EncodeTimes = (slices: readonly number[], threads: number) => Promise<number[]>;

/** Preprocessing and run of one slice. Nothing else should run meanwhile. */
export async function offline(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "bench-offline-"));
  await build({
    root: fileURLToPath(new URL("encode-page", import.meta.url)),
    configFile: false,
    logLevel: "error",
    base: "./",
    plugins: [modelFiles("model")],
    build: { outDir: dir, emptyOutDir: true, target: "esnext", assetsInlineLimit: 0 },
  });
  const served = await serveForeign(dir, ISOLATED);
  const browser = await launchBrowser();
  const times = { node: [] as number[], one: [] as number[], two: [] as number[] };
  try {
    for (let turn = 0; turn < TURNS; turn++) {
      times.node.push(...(await nodeTimes()));
      times.one.push(...(await browserTimes(await browser.newPage(), served.url, 1)));
      times.two.push(...(await browserTimes(await browser.newPage(), served.url, 2)));
    }
  } finally {
    await browser.close();
    await served.close();
    await rm(dir, { recursive: true, force: true });
  }
  const [node, one, two] = [times.node, times.one, times.two].map(sampleOf);
  const lines = [
    `${machine()}; ${times.node.length} slices each`,
    `Node, one core: ${said(node)}`,
    `browser WASM, 1 thread: ${said(one)}, ratio of medians ${ratio(one, node)}`,
    `browser WASM, 2 threads: ${said(two)}, ratio of medians ${ratio(two, node)}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`, () => process.exit(0)); // the builder keeps handles open
}

const said = ({ median, min, max }: Sample): string => `${median.toFixed(0)} ms (${min.toFixed(0)}–${max.toFixed(0)})`;
const ratio = (a: Sample, b: Sample): string =>
  `${(a.median / b.median).toFixed(2)}, of the fastest ${(a.min / b.min).toFixed(2)}`;

async function nodeTimes(): Promise<number[]> {
  const [model] = (await loadModels(["models/default"])).list();
  if (!model) throw new RangeError("No model in models/default.");
  const encoder = await openEncoder(model, { provider: "cpu", threads: 1 });
  const { volume } = createPhantom();
  const window = defaultWindow(volume);
  const encode = (k: number) =>
    encoder.encode(modelInput(sliceOf(volume, "axial", k), { window, input: model.manifest.input }).image);
  await encode(0);
  const times: number[] = [];
  for (const k of SLICES) {
    const start = performance.now();
    await encode(k);
    times.push(performance.now() - start);
  }
  await encoder.release();
  return times;
}

async function browserTimes(page: Page, url: string, threads: number): Promise<number[]> {
  await page.goto(url);
  const times = await page.evaluate(
    async ({ slices, threads }) => {
      const { encodeTimes } = globalThis as unknown as { encodeTimes: EncodeTimes }; // set by the page's main.ts
      return encodeTimes(slices, threads);
    },
    { slices: SLICES, threads },
  );
  await page.close();
  return times;
}
