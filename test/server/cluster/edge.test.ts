import { readFileSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EmbeddingInfo, Manifest } from "../../../core/wire/index.ts";
import { type RunningServer, startServer } from "../../../server/node.ts";
import { createLog } from "../../../server/ops/log.ts";
import { repositoryRoot } from "../../support/data.ts";
import { needsEdge, startEdge } from "../../support/edge.ts";
import { post } from "../harness.ts";
import { modelFolder, slowEncoder } from "../inference-support.ts";

describe("the edge in Cloudflare's local runtime, before a real server", needsEdge(), () => {
  let dir: string;
  let server: RunningServer;
  let edge: string;
  let other: string;
  const ends: (() => void)[] = [];
  const start = async (name: string): Promise<string> => {
    const { url, end } = await startEdge(join(dir, name), ["http://127.0.0.1:1", server.url]); // the first one is away
    ends.push(end);
    return url;
  };
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "edge-"));
    await modelFolder(join(dir, "models"), { encoder: slowEncoder(4) });
    server = await startServer({
      ...{ host: "127.0.0.1", port: 0, device: "cpu", log: createLog({ level: "silent" }) },
      ...{ cacheDir: join(dir, "cache"), modelDirs: [join(dir, "models")] },
    });
    edge = await start("one");
    other = await start("two");
  }, 240_000);
  afterAll(async () => {
    for (const end of ends) end();
    await server?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const metric = async (pattern: RegExp): Promise<number> =>
    Number(pattern.exec(await (await fetch(`${server.url}/metrics`)).text())?.[1] ?? 0);
  const fromPage = (body: object, origin = edge): RequestInit => {
    const { headers, ...init } = post(body);
    return { ...init, headers: { ...headers, Origin: origin, "Sec-Fetch-Site": "same-origin" } };
  };

  test("fifty clients on one cold slice are one request to an origin and one encode, past an origin that is away (F-15)", async () => {
    const path = `/v1/images/${server.studies[0]!.imageId}/embeddings`;
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => fetch(edge + path, fromPage({ plane: "axial", slice: 7 }))),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await metric(/promptomy_encodes_total\{[^}]*\} (\d+)/)).toBe(1);
    expect(await metric(/route="\/v1\/images\/:id\/embeddings",status="201"\} (\d+)/)).toBe(1);
  });

  test("fifty clients on one cold slice through two edges, which share no lock, are one encode", async () => {
    const before = await metric(/promptomy_encodes_total\{[^}]*\} (\d+)/);
    const path = `/v1/images/${server.studies[0]!.imageId}/embeddings`;
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, n) => {
        const host = n % 2 === 0 ? edge : other;
        return fetch(host + path, fromPage({ plane: "axial", slice: 6 }, host));
      }),
    );
    expect(answers.filter(({ status }) => status !== 201 && status !== 200)).toEqual([]);
    expect((await metric(/promptomy_encodes_total\{[^}]*\} (\d+)/)) - before).toBe(1);
  });

  test("a click, a name and a volume are asked of the next origin when one is away: none of 24 is lost", async () => {
    const { imageId } = server.studies[0]!;
    const prompts = [{ kind: "point", x: 60, y: 60, label: "foreground" }];
    const asked: [string, object][] = Array.from({ length: 8 }, (_, n) => n).flatMap((slice) => [
      ["/v1/masks", { imageId, plane: "axial", slice: 40 + slice, prompts }],
      ["/v1/text-prompts", { text: "liver" }],
      ["/v1/exports", { imageId: "nobody's", slice }],
    ]);
    const answers = await Promise.all(asked.map(([path, body]) => fetch(edge + path, fromPage(body))));
    expect(answers.map(({ status }) => status)).toEqual(asked.map(([path]) => (path === "/v1/exports" ? 400 : 200)));
  });

  test("what cannot be sent twice goes to one origin: it gets there, or is told to come back", async () => {
    const upload = () =>
      fetch(`${edge}/v1/images`, {
        ...{ method: "POST", body: new Uint8Array(64) },
        headers: { Origin: edge, "Sec-Fetch-Site": "same-origin", "Content-Type": "application/octet-stream" },
      });
    const answers = await Promise.all(Array.from({ length: 24 }, upload));
    const away = answers.filter(({ status }) => status === 503);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([415, 503]));
    expect(away.map(({ headers }) => headers.get("Retry-After"))).toEqual(away.map(() => "5"));
  });

  test("a model's file comes from R2 by its content, in whole and in part, for ever", async () => {
    const [model] = (await (await fetch(`${edge}/v1/models`)).json()) as Manifest[];
    const { path, digest } = model!.graphs.decoder;
    const url = (host: string) => `${host}/v1/models/${model!.id}/files/${path}`;
    const own = Buffer.from(await (await fetch(url(server.url))).arrayBuffer());
    expect((await fetch(url(edge))).headers.get("X-Edge")).toBeNull();
    await expect.poll(async () => (await fetch(url(edge), { method: "HEAD" })).headers.get("X-Edge")).toBe("hit");
    const whole = await fetch(url(edge));
    expect([whole.headers.get("ETag"), whole.headers.get("Cache-Control")]).toEqual([
      `"${digest}"`,
      "public, max-age=31536000, immutable",
    ]);
    expect(own.equals(Buffer.from(await whole.arrayBuffer()))).toBe(true);
    const part = await fetch(url(edge), { headers: { Range: "bytes=100-199" } });
    expect([part.status, part.headers.get("Content-Range"), part.headers.get("X-Edge")]).toEqual([
      206,
      `bytes 100-199/${own.length}`,
      "hit",
    ]);
    expect(own.subarray(100, 200).equals(Buffer.from(await part.arrayBuffer()))).toBe(true);
    expect((await fetch(url(edge), { headers: { Range: `bytes=${own.length}-` } })).status).toBe(416);
    expect((await fetch(url(edge), { headers: { "If-None-Match": `"${digest}"` } })).status).toBe(304);
  });

  test("tensors come from R2 the second time, the very bytes; another site's page changes nothing", async () => {
    const path = `/v1/images/${server.studies[0]!.imageId}/embeddings`;
    const { embeddingId } = (await (
      await fetch(edge + path, fromPage({ plane: "axial", slice: 8 }))
    ).json()) as EmbeddingInfo;
    const read = async (host: string) => {
      const answer = await fetch(`${host}/v1/embeddings/${embeddingId}`);
      return { edge: answer.headers.get("X-Edge"), bytes: Buffer.from(await answer.arrayBuffer()) };
    };
    const first = await read(edge);
    await expect.poll(async () => (await read(edge)).edge).toBe("hit");
    const [second, own] = [await read(edge), await read(server.url)];
    const part = await fetch(`${edge}/v1/embeddings/${embeddingId}`, { headers: { Range: "bytes=8-15" } });
    expect([part.status, part.headers.get("X-Edge")]).toEqual([206, "hit"]);
    expect(own.bytes.subarray(8, 16).equals(Buffer.from(await part.arrayBuffer()))).toBe(true);
    expect([first.edge, second.bytes.equals(own.bytes), first.bytes.equals(own.bytes)]).toEqual([null, true, true]);
    const foreign = { ...fromPage({ plane: "axial", slice: 9 }) };
    const evil = {
      ...foreign,
      headers: { ...foreign.headers, Origin: "https://evil.example", "Sec-Fetch-Site": "cross-site" },
    };
    expect((await fetch(edge + path, evil)).status).toBe(403);
  });

  test("the page comes from the assets, isolated, and its runtime that is too large for them from an origin", async () => {
    const page = await fetch(`${edge}/`);
    expect([page.status, page.headers.get("Cross-Origin-Embedder-Policy")]).toEqual([200, "require-corp"]);
    expect(await page.text()).toContain("<script");
    const app = join(repositoryRoot, "dist/app");
    const [large] = readFileSync(join(app, ".assetsignore"), "utf8").split("\n");
    const sent = await (await fetch(`${edge}/${large}`)).arrayBuffer();
    expect(sent.byteLength).toBe(statSync(join(app, large!)).size);
    expect(sent.byteLength).toBeGreaterThan(25 * 2 ** 20);
  });

  test("more than 600 requests for work in a minute from one address are told to come back; reading goes on", async () => {
    const path = `${other}/v1/images/${server.studies[0]!.imageId}/embeddings`;
    const impossible = fromPage({ plane: "none" }, other);
    const ask = async () => (await fetch(path, impossible)).status;
    const statuses = new Set<number>();
    for (let round = 0; round < 30 && !statuses.has(429); round++)
      for (const status of await Promise.all(Array.from({ length: 50 }, ask))) statuses.add(status);
    expect(statuses).toEqual(new Set([400, 429]));
    const refused = await fetch(path, impossible);
    expect([refused.status, refused.headers.get("Retry-After")]).toEqual([429, "60"]);
    expect(await refused.json()).toMatchObject({ code: "QuotaExceeded" });
    expect((await fetch(`${other}/v1/models`)).status).toBe(200);
  });
});
