/** The installed Chromium, with software WebGPU. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

const ARGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** `CHROMIUM_PATH`, else the usual places; `undefined` when there is none. */
export function chromiumPath(): string | undefined {
  return process.env.CHROMIUM_PATH ?? PLACES.find((path) => existsSync(path));
}

/** `webgpu` gives the page a software GPU: right answers, slowly. Without it `requestAdapter()` resolves to null. */
export async function launchBrowser({ webgpu = false }: { webgpu?: boolean } = {}): Promise<Browser> {
  const executablePath = chromiumPath();
  if (!executablePath) throw new Error("No Chromium found; set CHROMIUM_PATH.");
  return chromium.launch({ executablePath, args: [...ARGS, ...(webgpu ? ["--enable-unsafe-webgpu"] : [])] });
}
