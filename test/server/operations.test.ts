import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Manifest } from "../../core/wire/index.ts";
import { LimitsResponse } from "../../server/ops/limits.ts";
import { createHarness, type Harness, SETUP_MS } from "./harness.ts";

let harness: Harness;
const request = (path: string, init?: RequestInit) => harness.request(path, init);
beforeAll(async () => {
  harness = await createHarness();
}, SETUP_MS);
afterAll(() => harness.close());

describe("models", () => {
  test("are listed with digests, and their files are served under them", async () => {
    const manifests = ((await (await request("/v1/models")).json()) as unknown[]).map((one) => Manifest.parse(one));
    const [manifest] = manifests;
    expect(await (await request(`/v1/models/${manifest!.id}`)).json()).toEqual(manifest);
    const { path, digest } = manifest!.graphs.decoder;
    const response = await request(`/v1/models/${manifest!.id}/files/${path}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(bytes).toEqual(new Uint8Array(await readFile(`${harness.dir}/models/tiny/${path}`)));
    expect(response.headers.get("ETag")).toBe(`"${digest}"`);
    expect(response.headers.get("Cache-Control")).toBe("public, max-age=31536000, immutable");
    const part = await request(`/v1/models/${manifest!.id}/files/${path}`, { headers: { Range: "bytes=10-19" } });
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(10, 20));
  });

  test("give no file that the manifest does not name", async () => {
    expect((await request("/v1/models/tiny-promptomy/files/manifest.json")).status).toBe(404);
    expect((await request("/v1/models/another/files/decoder.onnx")).status).toBe(404);
  });
});

describe("operations", () => {
  test("limits, health, readiness, studies, metrics and documents answer", async () => {
    expect(LimitsResponse.parse(await (await request("/v1/limits")).json())).toEqual(harness.deps.limits);
    expect(await (await request("/livez")).json()).toEqual({ status: "live" });
    expect(await (await request("/readyz")).json()).toEqual({ status: "ready", reasons: [], degraded: [] });
    expect(await (await request("/v1/studies")).json()).toEqual([]);
    const metrics = await (await request("/metrics")).text();
    expect(metrics).toMatch(/promptomy_http_requests_total\{method="GET",route="\/v1\/limits",status="200"\} 1/);
    expect(await (await request("/docs")).text()).toContain("/v1/masks");
  });

  test("a path that takes another method says which", async () => {
    for (const [method, path, allow] of [
      ["GET", "/v1/masks", "POST"],
      ["DELETE", "/v1/models", "GET, HEAD"],
      ["PUT", `/v1/images/sha256:${"0".repeat(64)}`, "GET, HEAD"],
    ] as const) {
      const response = await request(path, { method });
      expect([response.status, response.headers.get("Allow")]).toEqual([405, allow]);
    }
    expect((await request("/v1/nothing")).status).toBe(404);
  });
});
