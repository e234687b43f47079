import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writePng } from "../../formats/index.ts";
import { createImageStore } from "../../server/images/store.ts";
import { DEFAULT_LIMITS } from "../../server/ops/limits.ts";
import { post, SETUP_MS } from "./harness.ts";
import { volumeOf } from "./image-support.ts";
import { modelFolder } from "./inference-support.ts";
import { imageOf, spawnServer } from "./spawned.ts";

let dir: string;
let models: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "start-"));
  models = join(dir, "models");
  await modelFolder(models);
}, SETUP_MS);
afterAll(() => rm(dir, { recursive: true, force: true }));

const click = async (url: string) =>
  fetch(
    `${url}/v1/masks`,
    post({ imageId: await imageOf(url), prompts: [{ kind: "point", x: 30, y: 30, label: "foreground" }] }),
  );

/** A cache with images in it. */
async function filled(cache: string, count: number): Promise<void> {
  const store = await createImageStore({ dir: cache, limits: DEFAULT_LIMITS });
  for (let seed = 0; seed < count; seed++) await store.addVolume(volumeOf(seed, 4, 2));
  await store.close();
}

const imageFiles = async (cache: string) =>
  (await readdir(join(cache, "images"))).filter((name) => /\.(json|vol)$/.test(name));

/** Processes are started from source. */
describe("a server starts", { timeout: 120_000 }, () => {
  test("F-3: on a cache with empty and foreign files, which it sets aside and logs", async () => {
    const cache = join(dir, "broken");
    await filled(cache, 2);
    const [record = ""] = (await imageFiles(cache)).filter((name) => name.endsWith(".json"));
    await truncate(join(cache, "images", record), 0);
    await mkdir(join(cache, "embeddings", `${"b".repeat(64)}.emb`), { recursive: true });
    await writeFile(join(cache, "embeddings", `${"a".repeat(64)}.emb`), "");
    await writeFile(join(cache, "images", `${"c".repeat(64)}.json`), "GIF89a");
    const { url, log } = await spawnServer({ cache, models });
    expect((await click(url)).status).toBe(200);
    expect(await readdir(join(cache, "embeddings", "quarantine"))).toHaveLength(2);
    expect(log()).toContain('"kind":"set-aside","what":"images","count":2');
    expect(log()).not.toContain(record.slice(0, 64));
  });

  test("with too little free disk: it serves from memory, says so, and refuses uploads with 507", async () => {
    const cache = join(dir, "full");
    const before = "export TMPDIR=/nowhere PROMPTOMY_DISK_FLOOR_BYTES=9000000000000000;";
    const { url, log } = await spawnServer({ cache, models, before });
    expect(await (await fetch(`${url}/readyz`)).json()).toEqual({
      status: "ready",
      reasons: [],
      degraded: ["NoDiskCache"],
    });
    expect(log()).toContain("NoDiskCache");
    expect((await click(url)).status).toBe(200);
    const png = writePng({ width: 8, height: 8, data: new Uint8Array(64) });
    expect((await fetch(`${url}/v1/images`, { method: "POST", body: png })).status).toBe(507);
    expect(await readdir(cache, { recursive: true })).not.toContainEqual(expect.stringMatching(/\.(vol|emb|tmp)$/));
  });

  test("with few file handles: nothing is deleted, and what can be read is served", async () => {
    const cache = join(dir, "handles");
    await filled(cache, 200);
    const { url } = await spawnServer({ cache, models, before: "ulimit -n 128;" });
    expect((await click(url)).status).toBe(200);
    expect(await imageFiles(cache)).toHaveLength(2 * 201);
  });

  test("L-13: beside another one on the same cache: equal bytes, and never a torn read", async () => {
    const cache = join(dir, "shared");
    const servers = await Promise.all([spawnServer({ cache, models }), spawnServer({ cache, models })]);
    const embed = async (url: string) => {
      const path = `/v1/images/${await imageOf(url)}/embeddings`;
      const { embeddingId } = (await (await fetch(`${url}${path}`, post({ slice: 3 }))).json()) as {
        embeddingId: string;
      };
      return Buffer.from(await (await fetch(`${url}/v1/embeddings/${embeddingId}`)).arrayBuffer());
    };
    const [one, other] = await Promise.all(servers.map(({ url }) => embed(url)));
    expect(one!.length).toBeGreaterThan(1000);
    expect(Buffer.compare(one!, other!)).toBe(0);
    const left = await readdir(cache, { recursive: true });
    expect(left.filter((name) => name.includes("quarantine/"))).toEqual([]);
  });
});
