/** A page of this folder, built by Vite from the packed client, on an origin of its own; a real server on another; Chromium. */
import { fileURLToPath } from "node:url";
import type { Browser, Page, Request } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import { type BuiltPage, buildPage, serveForeign, startTestServer, type TestServer } from "../support/serve.ts";

export interface HostStage {
  page: Page;
  server: TestServer;
  /** Uncaught errors of the page. */
  readonly errors: string[];
  /** The windows that the page asks to be encoded during `run`, each once. */
  encodes(run: () => Promise<void>): Promise<unknown[]>;
}

const modelDirs = [fileURLToPath(new URL("../../models/default", import.meta.url))];

/** A page, and what its server says with it. */
type HostPage = BuiltPage & { readonly headers?: Record<string, string> };

const builtByVite = (name: string): Promise<HostPage> =>
  buildPage(fileURLToPath(new URL(`pages/${name}`, import.meta.url)));

/** Set up before the tests of a suite and taken down after them. */
export function hostStage(name: string, make: () => Promise<HostPage> = () => builtByVite(name)): HostStage {
  const encodes: HostStage["encodes"] = async (run) => {
    const windows = new Set<string>();
    const note = (request: Request) => {
      if (request.method() === "POST" && request.url().endsWith("/embeddings"))
        windows.add(JSON.stringify(JSON.parse(request.postData() ?? "{}").window));
    };
    stage.page.on("request", note);
    await run();
    stage.page.off("request", note);
    return [...windows].map((window) => JSON.parse(window));
  };
  const stage = { errors: [] as string[], encodes } as HostStage; // the rest comes in beforeAll
  let browser: Browser | undefined;
  let remove = async () => {};
  beforeAll(async () => {
    const built = await make();
    const host = await serveForeign(built.dir, built.headers);
    remove = async () => {
      await host.close();
      await built.remove();
    };
    stage.server = await startTestServer({ modelDirs, corsOrigins: [new URL(host.url).origin] });
    browser = await launchBrowser();
    stage.page = await browser.newPage({ viewport: { width: 1240, height: 640 } });
    stage.page.on("pageerror", (error) => stage.errors.push(String(error.stack)));
    if (process.env.HOSTS_VERBOSE) stage.page.on("console", (message) => console.log(message.text()));
    await stage.page.goto(`${host.url}?server=${encodeURIComponent(stage.server.url)}`);
    await stage.page
      .waitForFunction(() => "host" in globalThis, undefined, { timeout: 60_000 })
      .catch(() => {
        throw new Error(`The page did not start: ${stage.errors.join("; ")}`);
      });
  });
  afterAll(async () => {
    await browser?.close();
    await stage.server?.close();
    await remove();
  });
  return stage;
}
