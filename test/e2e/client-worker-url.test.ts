/** A worker on another origin than the page, as from a CDN. */
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launchBrowser } from "../support/browser.ts";
import type { ClientPage } from "../support/client-page/main.ts";
import { repositoryRoot } from "../support/data.ts";
import {
  type BuiltPage,
  buildClientPage,
  type Served,
  serveForeign,
  startTestServer,
  type TestServer,
} from "../support/serve.ts";

declare const client: ClientPage;

let built: BuiltPage;
let host: Served;
let cdn: Served;
let server: TestServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  built = await buildClientPage();
  // From another origin onnxruntime looks for these beside the worker, as client/README.md says.
  const runtime = join(repositoryRoot, "node_modules/onnxruntime-web/dist");
  for (const kind of ["mjs", "wasm"])
    copyFileSync(
      join(runtime, `ort-wasm-simd-threaded.${kind}`),
      join(built.dir, "assets", `ort-wasm-simd-threaded.${kind}`),
    );
  [host, cdn] = await Promise.all([serveForeign(built.dir), serveForeign(built.dir)]);
  server = await startTestServer({ corsOrigins: [new URL(host.url).origin] });
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.goto(host.url);
});
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.close(), host?.close(), cdn?.close()]);
  await built?.remove();
});

const statusWith = (workerUrl: string) =>
  page.evaluate(
    async ({ server, workerUrl }) => {
      const segmenter = await client.createSegmenter({ server, decode: "wasm", workerUrl });
      const status = await segmenter.ready();
      segmenter.close();
      return { backend: status.backend, reason: status.reason };
    },
    { server: server.url, workerUrl },
  );

describe("workerUrl", () => {
  test("starts a worker of another origin", async () => {
    const script = readdirSync(join(built.dir, "assets")).find((name) => /^decoder\.worker-.*\.js$/.test(name));
    const found = await statusWith(new URL(`assets/${script}`, cdn.url).href);
    expect(found.reason).toMatch(/^WASM/);
    expect(found.backend).toBe("wasm");
  });

  test("that leads nowhere is named, and the server decodes", async () => {
    const nowhere = new URL("assets/nowhere.js", "http://127.0.0.1:1/").href;
    const { backend, reason } = await statusWith(nowhere);
    expect(backend).toBe("server");
    expect(reason).toContain(nowhere);
  });
});
