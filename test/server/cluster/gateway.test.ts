import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { ImageInfo } from "../../../core/wire/index.ts";
import { writePng } from "../../../formats/index.ts";
import { needsNginx, startGateway } from "../../support/gateway.ts";
import { freePort } from "../../support/redis.ts";
import { post, SETUP_MS } from "../harness.ts";
import { modelFolder } from "../inference-support.ts";
import { type Spawned, spawnServer } from "../spawned.ts";

/** With so many, both replicas have some but once in 2¹⁵. */
const IMAGES = 16;

/** How long nginx leaves a server alone that did not answer, and then some. */
const BACK = { timeout: 30_000, interval: 500 };

/** Half of what nginx waits for a connection by itself. */
const PATIENCE_MS = 30_000;

/** `host:port` that answers no knock, as a machine without power: its queue of connections is full, and nobody empties it. */
async function silentHost(): Promise<string> {
  const stuck = `require("node:net").createServer().listen({ port: 0, host: "127.0.0.1", backlog: 1 }, function () {
    console.log(this.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  })`;
  const child = spawn(process.execPath, ["-e", stuck], { stdio: ["ignore", "pipe", "ignore"] });
  const port = Number(
    await new Promise<string>((resolve) => child.stdout.once("data", (line) => resolve(String(line)))),
  );
  const knocks = Array.from({ length: 4 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  onTestFinished(() => {
    for (const knock of knocks) knock.destroy();
    child.kill("SIGKILL");
  });
  return `127.0.0.1:${port}`;
}

describe("nginx before two replicas, three real processes", needsNginx(), () => {
  let dir: string;
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let ports: readonly number[];
  let images: readonly string[];
  const replicas: Spawned[] = [];
  const ends: (() => void)[] = [];
  const spawn = (which: number) =>
    spawnServer({
      cache: join(dir, `replica-${which}`),
      models: join(dir, "models"),
      options: ["--port", String(ports[which]), "--image-dir", join(dir, "images")],
      later: (end) => ends.push(end),
    });
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "gateway-"));
    await modelFolder(join(dir, "models"));
    ports = [await freePort(), await freePort()];
    replicas.push(...(await Promise.all([spawn(0), spawn(1)])));
    gateway = await startGateway(replicas.map(({ url }) => new URL(url).host));
    images = await Promise.all(Array.from({ length: IMAGES }, (_, n) => upload(n)));
  }, SETUP_MS);
  afterAll(async () => {
    for (const end of ends) end();
    for (const { exit } of replicas) await exit;
    await gateway?.close();
    await rm(dir, { recursive: true, force: true });
  });

  async function upload(n: number): Promise<string> {
    const data = Uint8Array.from({ length: 1024 }, (_, i) => (i * (n + 3)) % 256);
    const png = writePng({ width: 32, height: 32, data });
    return ImageInfo.parse(await (await fetch(`${gateway.url}/v1/images`, { method: "POST", body: png })).json())
      .imageId;
  }

  /** Which replica answered, by its log: every answer carries the id that its line has. */
  async function answeredBy(path: string, init: RequestInit = {}): Promise<number> {
    const answer = await fetch(gateway.url + path, init);
    await answer.arrayBuffer();
    expect(answer.ok, `${path} ${answer.status}`).toBe(true);
    const id = answer.headers.get("X-Request-Id") ?? "none";
    const which = () => replicas.findIndex((replica) => replica.log().includes(id));
    await expect.poll(which).toBeGreaterThanOrEqual(0);
    return which();
  }

  const homes = () => Promise.all(images.map((id) => answeredBy(`/v1/images/${id}`)));

  test("what is asked of an image goes to one replica, whoever asks, and each replica has some of the images", async () => {
    const first = await homes();
    expect([...new Set(first)].sort()).toEqual([0, 1]);
    const encode = post({});
    const ask = (id: string, n: number) => {
      const headers = { ...encode.headers, "User-Agent": `reader ${n}` };
      return answeredBy(`/v1/images/${id}/embeddings`, { ...encode, headers });
    };
    expect(await Promise.all(images.map(ask))).toEqual(first);
  });

  test("a replica that is away: the other answers for it; back again, it has its own images again", async () => {
    const before = await homes();
    replicas[1]!.child.kill("SIGKILL");
    await replicas[1]!.exit;
    expect(await homes()).toEqual(before.map(() => 0));
    replicas[1] = await spawn(1);
    await expect.poll(homes, BACK).toEqual(before);
  });

  test("a replica whose machine is gone, so that nobody refuses, holds nobody up for long", async () => {
    const other = await startGateway([await silentHost(), new URL(replicas[0]!.url).host]);
    onTestFinished(() => other.close());
    const ask = async (id: string) =>
      (await fetch(`${other.url}/v1/images/${id}`, { signal: AbortSignal.timeout(PATIENCE_MS) })).status;
    expect(await Promise.all(images.map(ask))).toEqual(images.map(() => 200));
  });
});
