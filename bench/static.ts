/** Encoding in a browser without a server, beside Node on one core in the same run. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { sliceOf } from "../core/image/slice.ts";
import { defaultWindow } from "../core/image/window.ts";
import { modelInput } from "../core/model/preprocess.ts";
import { createPhantom } from "../core/phantom/phantom.ts";
import { openEncoder } from "../server/inference/graphs.ts";
import { loadModels } from "../server/models/registry.ts";
import { launchBrowser } from "../test/support/browser.ts";
import { machine, type Sample, sampleOf, timed } from "./report.ts";

const SLICES = [20, 24, 28, 32, 36, 40, 44, 48];
const CONFIG = fileURLToPath(new URL("../client/app/vite.config.ts", import.meta.url));
const TYPES: Readonly<Record<string, string>> = {
  ...{ ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".wasm": "application/wasm" },
  ...{ ".json": "application/json", ".svg": "image/svg+xml" },
};

/** `bench static`: milliseconds of one slice of the phantom. Nothing else should run meanwhile. */
export async function staticSite(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "bench-static-"));
  await build({ configFile: CONFIG, mode: "static", logLevel: "error", build: { outDir: dir, emptyOutDir: true } });
  const files = await serveFiles(dir);
  const node = await nodeEncodes();
  const { times, threads } = await browserEncodes(`http://127.0.0.1:${(files.address() as AddressInfo).port}/`);
  const again = await nodeEncodes();
  files.close();
  files.closeAllConnections();
  await rm(dir, { recursive: true, force: true });
  const one = sampleOf([node, again].flatMap(({ median }) => median));
  const browser = sampleOf(times);
  const row = ({ median, min, max }: Sample) => `${median.toFixed(0)} ms (${min.toFixed(0)}–${max.toFixed(0)})`;
  const lines = [
    machine(),
    `Node, one core, before and after: ${row(node)}, ${row(again)}`,
    `browser WASM, ${threads} threads, slice asked → ready for prompts: ${row(browser)}`,
    `ratio of medians: ${(browser.median / one.median).toFixed(2)}`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`, () => process.exit(0)); // the builder keeps handles open
}

async function nodeEncodes(): Promise<Sample> {
  const [model] = (await loadModels(["models/default"])).list();
  if (!model) throw new RangeError("No model in models/default.");
  const encoder = await openEncoder(model, { provider: "cpu", threads: 1 });
  const { volume } = createPhantom();
  const window = defaultWindow(volume);
  let next = 0;
  const encode = () => {
    const slice = sliceOf(volume, "axial", SLICES[next++ % SLICES.length] ?? 0);
    return encoder.encode(modelInput(slice, { window, input: model.manifest.input }).image);
  };
  const sample = await timed(encode, { times: SLICES.length });
  await encoder.release();
  return sample;
}

/** From a slice that is asked for to one that takes prompts: reading, encoding, and what the decoder prepares. */
async function browserEncodes(url: string): Promise<{ times: number[]; threads: number }> {
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.waitForFunction(() => crossOriginIsolated && document.querySelector("viewer-app")?.shadowRoot, null, {
      timeout: 120_000,
    });
    await page.waitForFunction(isReady, null, { timeout: 120_000 });
    const times: number[] = [];
    for (const slice of SLICES) times.push(await page.evaluate(showSlice, slice));
    return { times, threads: await page.evaluate(threadsOf) };
  } finally {
    await browser.close();
  }
}

/** What the page has, as far as it is used here. */
interface PageApp {
  readonly store: {
    readonly state: {
      readonly image?: {
        readonly stage: string;
        readonly slice: number;
        readonly embedding?: { readonly slice: number };
      };
      readonly engine?: { readonly threads: number };
    };
  };
  readonly images: { setSlice(slice: number): void };
}

const isReady = () =>
  (document.querySelector("viewer-app") as unknown as { app: PageApp }).app.store.state.image?.stage === "ready";

const threadsOf = () =>
  (document.querySelector("viewer-app") as unknown as { app: PageApp }).app.store.state.engine?.threads ?? 0;

async function showSlice(slice: number): Promise<number> {
  const { app } = document.querySelector("viewer-app") as unknown as { app: PageApp };
  const start = performance.now();
  app.images.setSlice(slice);
  while (app.store.state.image?.embedding?.slice !== slice || app.store.state.image.stage !== "ready")
    await new Promise((resolve) => setTimeout(resolve, 2));
  return performance.now() - start;
}

function serveFiles(dir: string): Promise<Server> {
  const server = createServer(async ({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://x");
    const file = pathname === "/" ? "index.html" : decodeURIComponent(pathname);
    const body = await readFile(join(dir, file)).catch(() => undefined);
    response.writeHead(body ? 200 : 404, { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" });
    response.end(body);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}
