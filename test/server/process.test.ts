import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ImageInfo } from "../../core/wire/index.ts";
import { writePng } from "../../formats/index.ts";
import { type RunningServer, startServer } from "../../server/node.ts";
import { createLog } from "../../server/ops/log.ts";
import { post, SETUP_MS } from "./harness.ts";
import { modelFolder, slowEncoder } from "./inference-support.ts";
import { imageOf, spawnServer } from "./spawned.ts";

const picture = writePng({ width: 64, height: 64, data: Uint8Array.from({ length: 4096 }, (_, n) => n % 256) });
let dir: string;
let server: RunningServer;
const silent = createLog({ level: "silent" });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "process-"));
  await modelFolder(join(dir, "quick"));
  await modelFolder(join(dir, "slow"), { encoder: slowEncoder(40) });
  const study = join(dir, "study.png");
  await writeFile(study, picture);
  server = await startServer({
    host: "127.0.0.1",
    port: 0,
    device: "cpu",
    cacheDir: join(dir, "cache"),
    modelDirs: [join(dir, "slow")],
    study,
    log: silent,
  });
}, SETUP_MS);
afterAll(async () => {
  await server?.close();
  await rm(dir, { recursive: true, force: true });
});

/** Sends bytes as they are and reads until the other side closes or is quiet for a moment. */
function raw(text: string): Promise<string> {
  const { port, hostname } = new URL(server.url);
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(text, "latin1"));
    socket.setTimeout(1500, () => socket.destroy());
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}

const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

describe("startServer", () => {
  test("opens the study it is given and serves it", async () => {
    const studies = (await (await fetch(`${server.url}/v1/studies`)).json()) as { imageId: string; name: string }[];
    expect(studies).toMatchObject([{ imageId: studies[0]?.imageId, name: "Study" }]);
    const info = await fetch(`${server.url}/v1/images/${studies[0]?.imageId}`);
    expect(ImageInfo.parse(await info.json()).size).toEqual([64, 64, 1]);
  });

  test("L-9: health and pictures answer while a slice is encoded", async () => {
    const id = server.studies[0]?.imageId;
    let encoded = false;
    const embedding = fetch(`${server.url}/v1/images/${id}/embeddings`, post({ window: { center: 1, width: 2 } })).then(
      (response) => {
        encoded = true;
        return response.status;
      },
    );
    for (let n = 0; n < 10; n++) {
      const [live, ready] = await Promise.all([fetch(`${server.url}/livez`), fetch(`${server.url}/readyz`)]);
      expect([live.status, ready.status, encoded]).toEqual([200, 200, false]);
    }
    expect(await embedding).toBe(201);
  });

  test("answers local names alone while it listens on loopback", async () => {
    const { port } = new URL(server.url);
    expect(statusOf(await raw(`GET /livez HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`))).toBe(
      200,
    );
    expect(statusOf(await raw(`GET /livez HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`))).toBe(403);
  });
});

describe("B-17: framing", () => {
  const HOST = "Host: 127.0.0.1";
  const POST = `POST /v1/masks HTTP/1.1\r\n${HOST}\r\nContent-Type: application/json\r\n`;
  test.each([
    {
      name: "length and chunks together",
      text: `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      statuses: [400],
    },
    { name: "two lengths", text: `${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`, statuses: [400] },
    { name: "an unknown coding", text: `${POST}Transfer-Encoding: xchunked\r\n\r\n{}`, statuses: [400, 501] },
    {
      name: "two hosts",
      text: `GET /livez HTTP/1.1\r\n${HOST}\r\nHost: evil.example\r\nConnection: close\r\n\r\n`,
      statuses: [400],
    },
    { name: "no host", text: "GET /livez HTTP/1.1\r\n\r\n", statuses: [400] },
    {
      name: "a foreign absolute target",
      text: `GET http://evil.example/v1/studies HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`,
      statuses: [200, 400],
    },
    {
      name: "a bare line feed in a header",
      text: `GET /livez HTTP/1.1\r\n${HOST}\r\nX: a\rb\r\n\r\n`,
      statuses: [400],
    },
    {
      name: "20 kB of header",
      text: `GET /livez HTTP/1.1\r\n${HOST}\r\nX: ${"y".repeat(20_000)}\r\n\r\n`,
      statuses: [431],
    },
    { name: "TRACE", text: `TRACE /livez HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`, statuses: [400, 404, 405] },
    {
      name: "a method override",
      text: `GET /v1/masks HTTP/1.1\r\n${HOST}\r\nX-HTTP-Method-Override: POST\r\nConnection: close\r\n\r\n`,
      statuses: [405],
    },
    {
      name: "encoded dots",
      text: `GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`,
      statuses: [400, 404],
    },
    {
      name: "a backslash",
      text: `GET /..\\..\\etc HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`,
      statuses: [400, 404],
    },
    { name: "NUL", text: `GET /v1/models/%00 HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`, statuses: [400] },
    {
      name: "overlong UTF-8",
      text: `GET /v1/models/%c0%ae%c0%ae HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`,
      statuses: [400],
    },
    {
      name: "a double slash",
      text: `GET //v1/models HTTP/1.1\r\n${HOST}\r\nConnection: close\r\n\r\n`,
      statuses: [400, 404],
    },
    { name: "no HTTP at all", text: "hello\r\n\r\n", statuses: [400] },
  ])("$name", async ({ text, statuses }) => {
    const answer = await raw(text);
    expect(statuses).toContain(statusOf(answer));
    expect(answer).not.toMatch(/evil\.example|root:|at Object|node:internal/);
  });
});

describe("B-18: an id that is none", () => {
  const ids = [
    "..",
    "../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "a%00b",
    "CON",
    "-rf",
    "sha256:",
    `sha256:${"0".repeat(63)}`,
    `sha256:${"A".repeat(64)}`,
    "ѕhа256:0",
    "%E2%80%AE",
    "a".repeat(10_000),
    "%",
    "%zz",
  ];
  const paths = (id: string) => [
    `/v1/images/${id}`,
    `/v1/images/${id}/slices/native/0`,
    `/v1/images/sha256:${"0".repeat(64)}/slices/native/${id}`,
    `/v1/embeddings/${id}`,
    `/v1/models/${id}`,
    `/v1/models/tiny/files/${id}`,
  ];
  test.each(ids.map((id) => ({ id, name: id.slice(0, 24) })))("$name reaches no store and no disk", async ({ id }) => {
    for (const path of paths(id)) {
      const answer = await raw(
        `GET ${Buffer.from(path).toString("latin1")} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`,
      );
      expect([400, 404]).toContain(statusOf(answer));
      expect(answer).not.toMatch(/root:|ENOENT/);
    }
  });
});

describe("an upload that does not keep its word", () => {
  test("is refused by its declared length before a byte of it is read", async () => {
    const answer = await raw(`POST /v1/images HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4294967296\r\n\r\n`);
    expect(statusOf(answer)).toBe(413);
    expect(answer).toContain('"code":"TooLarge"');
  });

  test("leaves nothing when its sender goes away", async () => {
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    socket.write("POST /v1/images HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1000000\r\n\r\nabc");
    await new Promise((resolve) => setTimeout(resolve, 200));
    socket.destroy();
    await expect.poll(() => readdir(join(dir, "cache", "spool")), { timeout: 5000 }).toEqual([]);
  });
});

test("L-10: SIGTERM lets what runs end, refuses what is new, and ends with 0", async () => {
  const cache = join(dir, "drain");
  const { child, url, exit } = await spawnServer({ cache, models: join(dir, "slow"), study: join(dir, "study.png") });
  const id = await imageOf(url);
  const running = fetch(`${url}/v1/images/${id}/embeddings`, post({}));
  await expect
    .poll(async () => (await (await fetch(`${url}/metrics`)).text()).includes("embeddings"), { timeout: 20_000 })
    .toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.kill("SIGTERM");
  await expect.poll(async () => (await fetch(`${url}/v1/models`)).status, { timeout: 5000, interval: 20 }).toBe(503);
  const refused = await fetch(`${url}/v1/models`);
  expect([refused.status, refused.headers.get("Connection")]).toEqual([503, "close"]);
  expect((await running).status).toBe(201);
  expect(await exit).toBe(0);
  const left = await readdir(cache, { recursive: true });
  expect(left.filter((name) => name.endsWith(".tmp"))).toEqual([]);
}, 90_000);

test("F-2: a full disk refuses the upload with 507, and the next small one works", async () => {
  const { url } = await spawnServer({
    cache: join(dir, "full"),
    models: join(dir, "quick"),
    study: join(dir, "study.png"),
    before: "ulimit -f 4096;", // 2 MiB, in blocks of 512 bytes
  });
  const large = new Uint8Array(4 * 2 ** 20);
  const refused = await fetch(`${url}/v1/images`, { method: "POST", body: large });
  expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([507, "DiskFull"]);
  const data = Uint8Array.from({ length: 900 }, (_, n) => n % 200);
  const small = await fetch(`${url}/v1/images`, { method: "POST", body: writePng({ width: 30, height: 30, data }) });
  expect(small.status).toBe(201);
  const side = 2000;
  const voxels = await fetch(`${url}/v1/images`, {
    method: "POST",
    body: writePng({ width: side, height: side, data: new Uint8Array(side * side) }),
  });
  expect(voxels.status).toBe(507);
  const masks = await fetch(
    `${url}/v1/masks`,
    post({ imageId: await imageOf(url), prompts: [{ kind: "point", x: 5, y: 5, label: "foreground" }] }),
  );
  expect(masks.status).toBe(200);
}, 90_000);
