/** The client where there is no browser: a script, or a page that is rendered on a server. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connectFrame } from "../../client/frame/index.ts";
import { createSegmenter } from "../../client/index.ts";
import { writePng } from "../../formats/index.ts";
import { type RunningServer, startServer } from "../../server/node.ts";
import { createLog } from "../../server/ops/log.ts";
import { writeTinyModel } from "../support/onnx.ts";

let dir: string;
let server: RunningServer;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "node-"));
  await writeTinyModel(join(dir, "models", "tiny"));
  const [cacheDir, modelDirs] = [join(dir, "cache"), [join(dir, "models")]];
  const log = createLog({ level: "silent" });
  server = await startServer({ host: "127.0.0.1", port: 0, device: "cpu", cacheDir, modelDirs, log });
});
afterAll(async () => {
  await server?.close();
  await rm(dir, { recursive: true, force: true });
});

test("a script in Node gets its masks from the server, and is told why", async () => {
  const segmenter = await createSegmenter({ server: server.url });
  const slice = await segmenter.embed(
    new Blob([writePng({ width: 40, height: 30, data: new Uint8Array(1200).fill(90) })]),
  );
  const [mask] = await segmenter.segment(slice, [{ kind: "point", x: 20, y: 15, label: "foreground" }]);
  expect(mask).toMatchObject({ width: 40, height: 30, backend: "server" });
  const { reason } = await segmenter.ready();
  expect(reason).toContain("No WebGPU: there are no web workers here. No WASM: there are no web workers here.");
  segmenter.close();
});

test("a frame that the page does not have is told as that", async () => {
  const missing: HTMLIFrameElement | null = null; // what `querySelector` gives
  await expect(connectFrame(missing)).rejects.toThrow("connectFrame expects an iframe, got none.");
});
