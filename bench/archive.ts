/** `npm run bench -- archive`: a long series out of Orthanc on loopback into the page. Needs Orthanc, the data folder and a build. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Browser } from "playwright-core";
import { sliceOf } from "../core/image/slice.ts";
import type { Volume } from "../core/image/volume.ts";
import { readImage } from "../formats/index.ts";
import { CT_SLICES, hasOrthanc, type Orthanc, startOrthanc, withValues } from "../test/archive/orthanc.ts";
import { dicom, element, u16 } from "../test/formats/dicom-writer.ts";
import { launchBrowser } from "../test/support/browser.ts";
import { dataPath } from "../test/support/data.ts";
import { machine, sampleOf, treeMemory } from "./report.ts";

const SLICES = 275;
const RUNS = 3;
const CT = "1.2.840.10008.5.1.4.1.1.2";
const UID = "1.2.826.0.1.3680043.10.9";
const CLI = fileURLToPath(new URL("../dist/server/cli.js", import.meta.url));
/** After its start a server warms up. */
const SETTLE_MS = 3000;

/** The 20 real slices one after the other, at places and under UIDs of a series of 275: as they are stored, or uncompressed. */
export async function archive(): Promise<void> {
  const dir = dataPath(CT_SLICES);
  if (!dir || !hasOrthanc) return void process.stderr.write("bench: archive needs Orthanc and the data folder.\n");
  const files = readdirSync(dir)
    .sort()
    .map((name) => new Uint8Array(readFileSync(join(dir, name))));
  const volume = await readImage(files.map((bytes) => ({ bytes })));
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

/** The built server, as `promptomy serve` starts it, with an empty cache. */
async function serve(dicomweb: string) {
  const cache = mkdtempSync(join(tmpdir(), "bench-archive-"));
  const args = [CLI, "serve", "--port", "0", "--json", "--quiet", "--dicomweb", dicomweb, "--cache-dir", cache];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve) => child.stdout.once("data", (chunk) => resolve(String(chunk))));
  const url: string = JSON.parse(line).url;
  const close = async () => {
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await gone;
    rmSync(cache, { recursive: true, force: true });
  };
  return { url, pid: child.pid ?? 0, close };
}

/** One run with an empty cache. */
async function open(browser: Browser, { root }: Orthanc, study: string) {
  const server = await serve(root);
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

const idsOf = (n: number, study: string) => ({
  instance: `${study}.1.${n + 1}`,
  series: `${study}.1`,
  position: `-200\\-200\\${2 * n}`,
});

function compressed(bytes: Uint8Array, n: number, study: string): Uint8Array {
  const { instance, series, position } = idsOf(n, study);
  return withValues(bytes, [
    [0x0008_0016, "UI", CT],
    [0x0008_0018, "UI", instance],
    [0x0020_000d, "UI", study],
    [0x0020_000e, "UI", series],
    [0x0020_0013, "IS", String(n + 1)],
    [0x0020_0032, "DS", position],
  ]);
}

function plain(volume: Volume, n: number, study: string): Uint8Array {
  const { instance, series, position } = idsOf(n, study);
  const { width, height, data, rescale } = sliceOf(volume, "native", n % volume.size[2]);
  return dicom([
    element(0x0008_0016, "UI", CT),
    element(0x0008_0018, "UI", instance),
    element(0x0008_0060, "CS", "CT"),
    element(0x0020_000d, "UI", study),
    element(0x0020_000e, "UI", series),
    element(0x0020_0013, "IS", String(n + 1)),
    element(0x0020_0032, "DS", position),
    element(0x0020_0037, "DS", "1\\0\\0\\0\\1\\0"),
    element(0x0028_0002, "US", u16(1)),
    element(0x0028_0004, "CS", "MONOCHROME2"),
    element(0x0028_0010, "US", u16(height)),
    element(0x0028_0011, "US", u16(width)),
    element(0x0028_0030, "DS", "0.8\\0.8"),
    element(0x0028_0100, "US", u16(16)),
    element(0x0028_0101, "US", u16(16)),
    element(0x0028_0102, "US", u16(15)),
    element(0x0028_0103, "US", u16(1)),
    element(0x0028_1052, "DS", String(rescale.intercept)),
    element(0x0028_1053, "DS", String(rescale.slope)),
    element(0x7fe0_0010, "OW", new Uint8Array(Int16Array.from(data).buffer)),
  ]);
}
