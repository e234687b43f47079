import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Problem } from "../../core/wire/index.ts";
import { type RunningServer, startServer } from "../../server/node.ts";
import { DEFAULT_LIMITS } from "../../server/ops/limits.ts";
import { createLog } from "../../server/ops/log.ts";
import { post, SETUP_MS } from "./harness.ts";
import { modelFolder, slowEncoder } from "./inference-support.ts";

let dir: string;
let server: RunningServer;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "connections-"));
  await modelFolder(join(dir, "endless"), { encoder: slowEncoder(500) });
  server = await startServer({
    host: "127.0.0.1",
    port: 0,
    device: "cpu",
    cacheDir: join(dir, "cache"),
    modelDirs: [join(dir, "endless")],
    limits: { ...DEFAULT_LIMITS, headersMs: 1500, requestMs: 2500, uploadMs: 2500 },
    log: createLog({ level: "silent" }),
  });
}, SETUP_MS);
afterAll(async () => {
  await server?.services.pool.close({ graceMs: 0 }); // its encoder never ends
  await server?.close();
  await rm(dir, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

/** Sends bytes as they are and reads until the other side closes. */
function raw(text: string): Promise<Answer> {
  const { port, hostname } = new URL(server.url);
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(port), hostname, () => socket.write(text, "latin1"));
    socket.on("data", (chunk) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(parse(answer)));
  });
}

function parse(answer: string): Answer {
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  const [first = "", ...lines] = head.split("\r\n");
  const pairs = lines.map((line): [string, string] => [
    line.slice(0, line.indexOf(":")),
    line.slice(line.indexOf(":") + 1).trim(),
  ]);
  return { status: Number(first.split(" ")[1]), headers: new Headers(pairs), body };
}

const HOST = "Host: 127.0.0.1";

describe("S-5: what Node itself refuses", { timeout: 30_000 }, () => {
  test.each([
    { name: "no HTTP", text: "hello\r\n\r\n", status: 400 },
    {
      name: "two lengths",
      text: `POST /v1/masks HTTP/1.1\r\n${HOST}\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      status: 400,
    },
    { name: "no host", text: "GET /livez HTTP/1.1\r\n\r\n", status: 400 },
    {
      name: "20 kB of header",
      text: `GET /livez HTTP/1.1\r\n${HOST}\r\nX: ${"y".repeat(20_000)}\r\n\r\n`,
      status: 431,
    },
    { name: "L-12: headers that do not come", text: `GET /livez HTTP/1.1\r\n${HOST}\r\nX: y`, status: 408 },
  ])("$name: a problem with every header that an answer of ours carries", async ({ text, status }) => {
    const answer = await raw(text);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
    for (const name of ["Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cache-Control"])
      expect(answer.headers.get(name), name).not.toBeNull();
    expect(answer.headers.get("Connection")).toBe("close");
    const problem = Problem.parse(JSON.parse(answer.body));
    expect([problem.status, problem.requestId]).toEqual([status, expect.stringMatching(/^[0-9a-f-]{36}$/)]);
    expect(answer.body).not.toMatch(/yyy|hello/);
  });
});

describe("L-12: slow senders", { timeout: 60_000 }, () => {
  test("500 of them at a byte a second are closed with 408 while others are served", async () => {
    const { port, hostname } = new URL(server.url);
    const open = new Set<number>();
    const closed = Array.from({ length: 500 }, (_, n) => {
      open.add(n);
      const body = n % 2 === 0 ? "" : `${HOST}\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n`;
      const socket = connect(Number(port), hostname, () => socket.write(`POST /v1/masks HTTP/1.1\r\n${body}`));
      const drip = setInterval(() => socket.write("x"), 1000);
      return new Promise<string>((resolve) => {
        let answer = "";
        socket.on("data", (chunk) => {
          answer += chunk;
        });
        socket.on("error", () => {});
        socket.on("close", () => {
          clearInterval(drip);
          open.delete(n);
          resolve(answer.slice(0, 12));
        });
      });
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await fetch(`${server.url}/livez`)).status).toBe(200);
    expect(open.size).toBeGreaterThan(0); // the slow ones are still there, and held nobody up
    const answers = await Promise.all(closed);
    expect(answers.every((answer) => /^HTTP\/1\.1 40[08]$/.test(answer))).toBe(true);
    expect(answers.filter((answer) => answer.endsWith("408")).length).toBeGreaterThan(375);
  });
});

describe("L-7: a deadline of the caller", { timeout: 60_000 }, () => {
  const embed = (slice: number, headers: Record<string, string> = {}, signal?: AbortSignal) =>
    fetch(`${server.url}/v1/images/${server.studies[0]?.imageId}/embeddings`, {
      ...post({ plane: "axial", slice }),
      headers: { "Content-Type": "application/json", ...headers },
      ...(signal ? { signal } : {}),
    });
  const encode = () => server.services.pool.stats().encode;

  test("is answered in time with 504, and the work behind it ends", async () => {
    await expect.poll(() => encode().idle, { timeout: 30_000 }).toBe(1);
    const { kills } = encode();
    const response = await embed(1, { "X-Deadline-Ms": "300" }); // the work itself would not end
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: "DeadlineExceeded", info: { deadlineMs: 300 } });
    await expect.poll(() => encode().busy, { timeout: 2000 }).toBe(0);
    expect(encode().kills).toBe(kills + 1);
  });

  test("takes waiting work out of the queue, and leaves those alone who wait for the same longer", async () => {
    await expect.poll(() => encode().idle, { timeout: 30_000 }).toBe(1);
    const leaving = new AbortController();
    const first = embed(2, {}, leaving.signal).catch(() => {});
    await expect.poll(() => encode().busy).toBe(1);
    const patient = new AbortController();
    const same = embed(3, {}, patient.signal).catch(() => {});
    await expect.poll(() => encode().queued).toBe(1);
    expect((await embed(3, { "X-Deadline-Ms": "200" })).status).toBe(504);
    expect((await embed(4, { "X-Deadline-Ms": "200" })).status).toBe(504);
    expect(encode()).toMatchObject({ busy: 1, queued: 1 });
    patient.abort();
    leaving.abort();
    await Promise.all([first, same]);
    await expect.poll(() => encode().busy + encode().queued, { timeout: 5000 }).toBe(0);
  });

  test.each(["0", "-5", "1.5", "soon", "1e99", "4000000"])("of %j is no deadline", async (text) => {
    expect((await embed(1, { "X-Deadline-Ms": text })).status).toBe(400);
  });

  test("that is kept changes nothing", async () => {
    const response = await fetch(`${server.url}/v1/limits`, { headers: { "X-Deadline-Ms": "5000" } });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ uploadMs: 2500 });
  });
});
