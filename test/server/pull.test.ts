/** `promptomy models pull`: a model from a hub, file by file. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Manifest } from "../../core/wire/index.ts";
import { pullModel } from "../../server/commands/pull.ts";
import { loadModels } from "../../server/models/registry.ts";
import { tinyModel } from "../support/onnx.ts";

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "pull-"));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe("pullModel", () => {
  interface Hub {
    readonly url: string;
    readonly requests: string[];
    /** Cuts each answer to a whole file after this many bytes. */
    cutAt: number;
  }

  /** A hub of one repository on loopback, with ranges. */
  async function openHub(files: Record<string, Uint8Array>): Promise<Hub> {
    const hub = { requests: [] as string[], cutAt: Number.POSITIVE_INFINITY, url: "" };
    const server: Server = createServer((request, response) => {
      const bytes = files[request.url?.replace("/owner/tiny/resolve/main/", "") ?? ""];
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
      hub.requests.push(`${request.url} ${from}`);
      if (!bytes) return response.writeHead(404).end();
      response.writeHead(from > 0 ? 206 : 200, { "Content-Length": bytes.length - from });
      if (from === 0 && bytes.length > hub.cutAt) {
        response.write(bytes.subarray(0, hub.cutAt), () => setTimeout(() => response.destroy(), 50));
        return response;
      }
      return response.end(bytes.subarray(from));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    hub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return hub;
  }

  async function source() {
    const { manifest, files } = await tinyModel("promptomy", "pulled");
    const cacheDir = await mkdtemp(join(dir, "pull-"));
    return { manifest: { ...manifest, source: "owner/tiny" } as Manifest, files, cacheDir, hub: await openHub(files) };
  }
  const note = () => {};

  test("fetches, verifies, and makes a model that serves", async () => {
    const { manifest, cacheDir, hub } = await source();
    const { dir: folder } = await pullModel(manifest, { cacheDir, note, hub: hub.url });
    const registry = await loadModels([join(cacheDir, "models")]);
    expect(registry.list().map(({ id }) => id)).toEqual(["pulled"]);
    expect((await readdir(folder)).some((name) => name.endsWith(".part"))).toBe(false);
    const before = hub.requests.length;
    await pullModel(manifest, { cacheDir, note, hub: hub.url });
    expect(hub.requests).toHaveLength(before);
  });

  test("continues an interrupted file where it stopped; half a model serves nothing", async () => {
    const { manifest, files, cacheDir, hub } = await source();
    hub.cutAt = 1000;
    await expect(pullModel(manifest, { cacheDir, note, hub: hub.url })).rejects.toThrow();
    expect((await loadModels([join(cacheDir, "models")])).list()).toEqual([]);
    hub.cutAt = Number.POSITIVE_INFINITY;
    await pullModel(manifest, { cacheDir, note, hub: hub.url });
    expect(hub.requests.some((line) => line.endsWith(" 1000"))).toBe(true);
    const bytes = await readFile(join(cacheDir, "models", "pulled", manifest.graphs.encoder.path));
    expect(new Uint8Array(bytes)).toEqual(new Uint8Array(files[manifest.graphs.encoder.path]!));
  });

  test("keeps nothing of a file that is not what the manifest says", async () => {
    const { manifest, cacheDir, hub } = await source();
    const decoder = { ...manifest.graphs.decoder, digest: `sha256:${"0".repeat(64)}` as const };
    const lying = { ...manifest, graphs: { ...manifest.graphs, decoder } };
    await expect(pullModel(lying, { cacheDir, note, hub: hub.url })).rejects.toThrow("other bytes");
    const left = await readdir(join(cacheDir, "models", "pulled"));
    expect(left).not.toContain("manifest.json");
    expect(left.filter((name) => name.startsWith("decoder"))).toEqual([]);
  });

  test("records a digest on first use, says so, and holds the file to it from then on", async () => {
    const { manifest, files, cacheDir, hub } = await source();
    const served: Record<string, Uint8Array> = files; // the hub sends what stands here
    const bare = { ...manifest, graphs: { ...manifest.graphs, decoder: { path: manifest.graphs.decoder.path } } };
    const notes: string[] = [];
    await pullModel(bare, { cacheDir, note: (text) => notes.push(text), hub: hub.url });
    expect(notes.join("\n")).toMatch(/decoder\.onnx: recorded sha256:[0-9a-f]{64} on first use/);
    await rm(join(cacheDir, "models", "pulled"), { recursive: true });
    served[manifest.graphs.decoder.path] = Uint8Array.of(1, 2, 3);
    await expect(pullModel(bare, { cacheDir, note, hub: hub.url })).rejects.toThrow("other bytes");
  });
});
