/**
 * `npm run bench -- hosts`: what a foreign viewer adds to the first mask of a slice. Needs the viewers and the packed client
 * that `npm run test:hosts` leaves in `test/hosts`.
 */
import { existsSync } from "node:fs";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../test/support/browser.ts";
import { buildPage, serveForeign, startTestServer } from "../test/support/serve.ts";
import { machine, type Sample, sampleOf } from "./report.ts";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Slices for each way, next to each other in turn, so that a busy moment of the machine meets both. */
const SLICES = 8;

type Way = "cornerstone" | "plain";
interface Opened {
  first(way: Way, slices: number): Promise<number>;
}

/** Runs in the page. The first click of all starts the decoder and does not count. */
async function firstMasks(count: number) {
  const { host } = globalThis as unknown as { host: { openVolume(name: string): Promise<Opened> } }; // set by the page
  const opened = await host.openVolume("plain");
  await opened.first("plain", 0);
  const times: Record<Way, number[]> = { cornerstone: [], plain: [] };
  for (let n = 0; n < count; n++) {
    times.cornerstone.push(await opened.first("cornerstone", 1 + 2 * n));
    times.plain.push(await opened.first("plain", 2 + 2 * n));
  }
  return times;
}

export async function hosts(): Promise<void> {
  if (!existsSync(at("test/hosts/node_modules/@promptomy/client")))
    throw new Error("The foreign viewers are not there: run `npm run test:hosts` first.");
  const built = await buildPage(at("test/hosts/pages/cornerstone"));
  const page = await serveForeign(built.dir);
  const server = await startTestServer({
    modelDirs: [at("models/default")],
    corsOrigins: [new URL(page.url).origin],
  });
  const browser = await launchBrowser();
  try {
    const tab = await browser.newPage();
    await tab.goto(`${page.url}?server=${encodeURIComponent(server.url)}`);
    await tab.waitForFunction(() => "host" in globalThis);
    const { cornerstone, plain } = await tab.evaluate(firstMasks, SLICES);
    const [ours, alone] = [sampleOf(cornerstone), sampleOf(plain)];
    const said = ({ median, min, max }: Sample) => `${median.toFixed(0)} (${min.toFixed(0)}–${max.toFixed(0)}) ms`;
    console.log(`A click on a cold slice → mask, ${SLICES} slices each, median (range):`);
    console.log(`  the client alone            ${said(alone)}`);
    console.log(`  in Cornerstone3D's labelmap ${said(ours)}, ${(ours.median / alone.median).toFixed(2)} times`);
    console.log(`${machine()}; load ${loadavg()[0]?.toFixed(1)}`);
  } finally {
    await browser.close();
    await Promise.all([server.close(), page.close()]);
    await built.remove();
  }
}
