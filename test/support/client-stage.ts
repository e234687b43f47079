/** Chromium on the client's own page, a real server behind it: what the client's browser tests stand on. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import type { Prompt } from "../../client/index.ts";
import { launchBrowser } from "./browser.ts";
import { sharedClientPage, startTestServer, type TestServer } from "./serve.ts";

export const CLICK = { kind: "point", x: 120, y: 96, label: "foreground" } as const satisfies Prompt;
export const AWAY = { kind: "point", x: 60, y: 60, label: "background" } as const satisfies Prompt;

export interface ClientStage {
  /** The folder of the page. */
  clientDir: string;
  server: TestServer;
  browser: Browser;
  page: Page;
  /** A slice of the phantom. */
  at: { imageId: string; plane: "axial"; slice: number };
  /** Uncaught errors of every page. */
  readonly errors: string[];
  openPage(url: string): Promise<Page>;
}

/** Set up before the tests of a file and taken down after them; its fields are there once a test runs. */
export function clientStage(options: Parameters<typeof startTestServer>[0] = {}): ClientStage {
  const stage = {
    errors: [] as string[],
    async openPage(url: string) {
      const opened = await stage.browser.newPage();
      opened.on("pageerror", ({ message }) => stage.errors.push(message));
      await opened.goto(url);
      return opened;
    },
  } as ClientStage; // the rest comes in beforeAll
  beforeAll(async () => {
    stage.clientDir = await sharedClientPage();
    stage.server = await startTestServer({ clientDir: stage.clientDir, ...options });
    stage.browser = await launchBrowser();
    stage.page = await stage.openPage(stage.server.url);
    stage.at = { imageId: stage.server.running.studies[0]!.imageId, plane: "axial", slice: 40 };
  });
  afterAll(async () => {
    await stage.browser?.close();
    await stage.server?.close();
  });
  return stage;
}
