/** The viewer in a frame of pages on other origins. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Frame, FrameMask } from "../../client/frame/index.ts";
import { launchBrowser } from "../support/browser.ts";
import type { FramePage } from "../support/frame-page/main.ts";
import {
  type BuiltPage,
  buildPage,
  ISOLATED,
  type Served,
  serveForeign,
  startTestServer,
  type TestServer,
} from "../support/serve.ts";
import { builtViewer } from "./viewer-page.ts";
import { LIVER } from "./viewer-stage.ts";

declare const page: FramePage;
declare let frame: Frame;
declare let told: FrameMask[];

let built: BuiltPage;
let plain: Served;
let isolated: Served;
let stranger: Served;
let server: TestServer;
let browser: Browser;
let tab: Page;

beforeAll(async () => {
  const clientDir = await builtViewer();
  built = await buildPage(fileURLToPath(new URL("../support/frame-page", import.meta.url)));
  [plain, isolated, stranger] = await Promise.all([
    serveForeign(built.dir),
    serveForeign(built.dir, ISOLATED),
    serveForeign(built.dir),
  ]);
  const frameAncestors = [plain, isolated].map(({ url }) => new URL(url).origin);
  server = await startTestServer({ clientDir, frameAncestors });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.close(), plain?.close(), isolated?.close(), stranger?.close()]);
  await built?.remove();
});
beforeEach(async () => {
  tab = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  return () => tab.close();
});

const show = (host: Served, viewer = server.url) => tab.goto(`${host.url}?viewer=${encodeURIComponent(viewer)}`);

const connect = () =>
  tab.evaluate(async () => {
    frame = await page.connect();
    told = [];
    frame.on("maskChanged", (mask) => told.push(mask));
  });

/** Of the image that the viewer opens by itself. */
const opened = async () => {
  for (;;) {
    const { image } = await tab.evaluate(() => frame.status());
    if (image) return image;
  }
};

/** A click in the liver, asked by the page. */
const promptLiver = () =>
  tab.evaluate(async ([x, y]) => {
    return frame.prompt([{ kind: "point", x: x!, y: y!, label: "foreground" }]);
  }, LIVER);

describe.each([
  ["plain", () => plain],
  ["cross-origin isolated", () => isolated],
])("a frame in a %s page that is allowed", (name, host) => {
  test("opens, takes prompts, gives masks and files, and tells of what changes", async () => {
    await show(host());
    expect(await tab.evaluate(() => crossOriginIsolated)).toBe(name !== "plain");
    await connect();
    const { imageId, at } = await opened();
    const mask = await promptLiver();
    expect(mask).toMatchObject({ imageId, ...at, segment: { number: 1 }, origin: "prompted" });
    expect(mask.area).toBeGreaterThan(50);
    expect(await tab.evaluate(() => frame.masks())).toEqual([mask]);
    expect(await tab.evaluate(() => told)).toContainEqual(mask);
    const [file] = await tab.evaluate(async () =>
      (await frame.files("nifti")).map(({ name, bytes }) => ({ name, first: [...bytes.subarray(0, 2)] })),
    );
    expect(file?.name).toMatch(/\.nii\.gz$/);
    expect(file?.first).toEqual([0x1f, 0x8b]);
    if (name !== "plain") await tab.screenshot({ path: join(tmpdir(), "promptomy-frame.png") });
  });
});

describe("a page that is not allowed", () => {
  test("shows no viewer and reaches nobody", async () => {
    await show(stranger);
    expect(await tab.evaluate(() => page.codeOf(page.connect(3000)))).toBe("FrameUnreachable");
    expect(tab.frames()[1]?.url()).toMatch(/^chrome-error:/);
  });

  test("is not heard inside a page that is", async () => {
    await show(plain);
    await connect();
    await opened();
    const before = await tab.evaluate(() => frame.status());
    await tab.evaluate(async (src) => {
      const other = document.createElement("iframe");
      other.src = src;
      await new Promise((resolve) => {
        other.onload = resolve;
        document.body.append(other);
      });
    }, stranger.url);
    const inner = tab.frames().find((one) => one.url().startsWith(stranger.url));
    const answers = await inner?.evaluate(async () => {
      const heard: unknown[] = [];
      addEventListener("message", ({ data }) => heard.push(data));
      const nonce = crypto.randomUUID();
      const hello = { ns: "promptomy", v: 1, id: nonce, type: "hello", payload: { nonce } };
      for (let n = 0; n < 1000; n++) parent.frames[0]?.postMessage(hello, "*");
      return heard;
    });
    const after = await tab.evaluate(async () => {
      for (;;) {
        const status = await frame.status();
        if (status.ignored >= 1000) return status;
      }
    });
    expect(after.ignored - before.ignored).toBe(1000);
    expect(answers).toEqual([]);
  });
});

describe("what is no message of the protocol", () => {
  test.each<{ name: string; message: unknown }>([
    { name: "no envelope", message: "hello" },
    {
      name: "another version",
      message: { ns: "promptomy", v: 2, id: "1", type: "hello", payload: { nonce: "0".repeat(20) } },
    },
    {
      name: "a request before the handshake",
      message: { ns: "promptomy", v: 1, id: "1", type: "getStatus", payload: {} },
    },
    {
      name: "keys of the prototype",
      message: {
        ns: "promptomy",
        v: 1,
        id: "1",
        type: "hello",
        payload: { nonce: "0".repeat(20), constructor: {}, toString: 1 },
      },
    },
  ])("is passed over: $name", async ({ message }) => {
    await show(plain);
    await connect();
    const heard = await tab.evaluate(async (message) => {
      const heard: unknown[] = [];
      addEventListener("message", ({ data }) => heard.push(data));
      const { ignored } = await frame.status();
      frames[0]?.postMessage(message, "*");
      for (;;) {
        const status = await frame.status();
        if (status.ignored > ignored) return heard;
      }
    }, message);
    expect(heard).toEqual([]);
  });

  test("rejects by its code: an image that is not there, a format that is none", async () => {
    await show(plain);
    await connect();
    await opened();
    const codes = await tab.evaluate(async () => [
      await page.codeOf(frame.load({ imageId: `sha256:${"0".repeat(64)}` })),
      await page.codeOf(frame.files("nothing")),
      await page.codeOf(
        frame.prompt([{ kind: "point", x: 1, y: 1, label: "foreground" }], { plane: "axial", slice: 9999 }),
      ),
    ]);
    expect(codes).toEqual(["InvalidRequest", "CannotExport", "SliceNotFound"]);
  });
});

test("?image= names the image that the page opens", async () => {
  await show(plain);
  await connect();
  const { imageId } = await opened();
  await tab.goto(`${server.url}?image=${imageId}`);
  await tab.waitForFunction((imageId) => {
    const viewer = document.querySelector("viewer-app") as HTMLElement & {
      app?: { store: { state: { image?: { info: { imageId: string }; name: string } } } };
    };
    const image = viewer?.app?.store.state.image;
    return image?.info.imageId === imageId && imageId.includes(image.name);
  }, imageId);
});
