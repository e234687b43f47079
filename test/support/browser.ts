/** Chromium, with software WebGPU where it is asked for; `scripts/browser.mjs` says which Chromium. */
import { type Browser, chromium, type Page } from "playwright-core";
import { findBrowser } from "../../scripts/browser.mjs";

const ARGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** `CHROMIUM_PATH`, else an installed or fetched one; `undefined` when there is none. */
export const chromiumPath = findBrowser;

/** `webgpu` gives the page a software GPU: right answers, slowly. Without it `requestAdapter()` resolves to null. */
export async function launchBrowser({ webgpu = false }: { webgpu?: boolean } = {}): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error("No Chromium found; `npm test` gets one, or set CHROMIUM_PATH.");
  return chromium.launch({ executablePath, args: [...ARGS, ...(webgpu ? ["--enable-unsafe-webgpu"] : [])] });
}

/** Some builds of Chromium come without the software GPU. */
export function offersWebGpu(page: Page): Promise<boolean> {
  return page.evaluate(async () => Boolean(await navigator.gpu?.requestAdapter()));
}
