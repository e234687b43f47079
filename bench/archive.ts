/** `npm run bench -- archive`: a long series out of Orthanc on loopback into the page. Needs Orthanc, the data folder and a build. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import { hasOrthanc, type Orthanc, startOrthanc } from "../test/archive/orthanc.ts";
import { launchBrowser } from "../test/support/browser.ts";
import { compressed, plain, realSlices, SLICES, serve } from "./long-series.ts";
import { machine, sampleOf, treeMemory } from "./report.ts";

const RUNS = 3;
const UID = "1.2.826.0.1.3680043.10.9";
/** After its start a server warms up. */
const SETTLE_MS = 3000;

/** The 20 real slices one after the other, at places and under UIDs of a series of 275: as they are stored, or uncompressed. */
export async function archive(): Promise<void> {
  const real = await realSlices();
  if (!real || !hasOrthanc) return void process.stderr.write("bench: archive needs Orthanc and the data folder.\n");
  const { files, volume } = real;
  const kinds = {
    "JPEG 2000": (n: number, study: string) => compressed(files[n % files.length], n, study),
    uncompressed: (n: number, study: string) => plain(volume, n, study),
  };
  process.stdout.write(`${machine()}; ${SLICES} slices of 512²; ${RUNS} runs, each with an empty cache\n`);
  const browser = await launchBrowser();
  for (const [kind, make] of Object.entries(kinds)) {
    const runs = await runsOf(browser, make, `${UID}.${kind.length}`);
    for (const name of ["preview", "whole", "memory"] as const) {
      const { median, min, max } = sampleOf(runs.map((run) => run[name]));
      const unit = name === "memory" ? "MiB" : "ms";
      process.stdout.write(
        `${kind}, ${name}: ${[median, min, max].map(Math.round).join(" ")} ${unit} (median, least, most)\n`,
      );
    }
  }
  await browser.close();
}

/** Every run asks the same archive; it goes whatever comes of them. */
async function runsOf(browser: Browser, make: (n: number, study: string) => Uint8Array, study: string) {
  const orthanc = await startOrthanc();
  try {
    for (let n = 0; n < SLICES; n++) await orthanc.upload(make(n, study));
    const runs = [];
    for (let run = 0; run < RUNS; run++) runs.push(await open(browser, orthanc, study));
    return runs;
  } finally {
    await orthanc.close();
  }
}

/** One run with an empty cache. */
async function open(browser: Browser, { root }: Orthanc, study: string) {
  const server = await serve("--dicomweb", root);
  try {
    await sleep(SETTLE_MS);
    return await watched(browser, server, study);
  } finally {
    await server.close();
  }
}

/** Milliseconds from the address to the first slice, and to the whole series on the screen; the most memory of the server. */
async function watched(browser: Browser, server: { readonly url: string; readonly pid: number }, study: string) {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  let memory = 0;
  const watch = setInterval(() => {
    memory = Math.max(memory, treeMemory(server.pid));
  }, 100);
  const start = performance.now();
  await page.goto(`${server.url}/?StudyInstanceUIDs=${study}`);
  await page.locator("arriving-picture img").waitFor({ timeout: 120_000 });
  const preview = performance.now() - start;
  await page.waitForFunction(
    (count) => {
      const { image } = (document.querySelector("viewer-app") as unknown as Viewer).app.store.state;
      return image?.pixels !== undefined && image.info.size[2] === count;
    },
    SLICES,
    { timeout: 300_000 },
  );
  const whole = performance.now() - start;
  clearInterval(watch);
  await page.close();
  return { preview, whole, memory };
}

interface Viewer {
  app: { store: { state: { image?: { pixels?: object; info: { size: number[] } } } } };
}
