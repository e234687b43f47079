/** What one tenant has does not exist for the others: every route that takes an id, every kind of id, three tenants. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EmbeddingInfo, ImageInfo, Job, MaskResponse } from "../../core/wire/index.ts";
import { writePng } from "../../formats/index.ts";
import { stack, steps } from "../formats/dicom-objects.ts";
import { needsRedis, startRedis, type TestRedis } from "../support/redis.ts";
import { apiKey, type GuardedServer, startGuarded } from "./auth-support.ts";
import { post, SETUP_MS } from "./harness.ts";

const click = { kind: "point", x: 1, y: 1, label: "foreground" };
const TENANTS = ["anna", "bert", "radiology"] as const;
type Tenant = (typeof TENANTS)[number];

/** Routes without an id of a tenant's: what they give is the server's own, or is made of the request alone. */
const OF_NOBODY = [
  ...["get /livez", "get /readyz", "get /metrics", "get /v1/limits", "get /v1/vocabulary", "get /v1/series"],
  ...["get /v1/models", "get /v1/models/{id}", "get /v1/models/{id}/files/{name}"],
  ...["get /v2/models/{id}/versions/{version}", "post /v2/models/{id}/versions/{version}/infer"],
  ...["post /v1/images", "post /v1/segment"],
  // What the server was started with is opened for each tenant.
  ...["get /v1/studies", "get /v1/studies/series/{id}", "get /v1/studies/series/{id}/thumbnail"],
  ...["get /v1/archives", "post /v1/archives/studies", "post /v1/archives/series"],
  ...["post /v1/archives/thumbnail", "post /v1/archives/images"],
];

interface Owned {
  readonly imageId: string;
  readonly embeddingId: string;
  readonly logitsId: string;
  readonly jobId: string;
  readonly seriesUid: string;
}

interface Ask {
  /** As the document names it. */
  readonly route: string;
  readonly path: string;
  readonly init?: RequestInit;
}

const get = (route: string, path: string): Ask => ({ route: `get ${route}`, path });

/** One request for each route and kind of id. */
function asks({ imageId, embeddingId, logitsId, jobId }: Owned, seriesKey: string): Ask[] {
  const image = `/v1/images/${imageId}`;
  const prompts = [click];
  const on = (name: string, init: RequestInit): Ask => ({
    route: `post /v1/images/{id}/${name}`,
    path: `${image}/${name}`,
    init,
  });
  const masks = (body: object): Ask => ({ route: "post /v1/masks", path: "/v1/masks", init: post(body) });
  const segments = [{ name: "a", masks: [{ slice: 0, rle: { size: [4, 3], counts: [0, 12] } }] }];
  const labels = { method: "POST", body: writePng({ width: 3, height: 4, data: new Uint8Array(12).fill(1) }) };
  return [
    get("/v1/images/{id}", image),
    get("/v1/images/{id}", `${image}?source=true`),
    get("/v1/images/{id}/slices/{plane}/{k}", `${image}/slices/native/0`),
    on("embeddings", post({ slice: 0 })),
    on("prefetch", post({ around: 0 })),
    on("segmentations", post({ prompts: [{ slice: 0, prompts }] })),
    on("imports", labels),
    on("results", labels),
    get("/v1/embeddings/{id}", `/v1/embeddings/${embeddingId}`),
    masks({ embeddingId, prompts }),
    masks({ imageId, slice: 0, prompts }),
    masks({ embeddingId, prompts, previous: logitsId }),
    { route: "post /v1/exports", path: "/v1/exports", init: post({ imageId, segments, format: "nifti" }) },
    {
      route: "post /v1/text-prompts",
      path: "/v1/text-prompts",
      init: post({ text: "liver", imageId, plane: "axial", slice: 0 }),
    },
    { route: "get /v1/series/{key}", path: `/v1/series/${seriesKey}`, init: { method: "HEAD" } },
    get("/v1/jobs/{id}", `/v1/jobs/${jobId}`),
    get("/v1/jobs/{id}/events", `/v1/jobs/${jobId}/events`),
    { route: "delete /v1/jobs/{id}", path: `/v1/jobs/${jobId}`, init: { method: "DELETE" } },
  ];
}

const zeroed = (text: string) => text.replaceAll(/[0-9a-f]{64}/g, "0".repeat(64));

function isolation(shared: boolean): void {
  let guarded: GuardedServer;
  let redis: TestRedis | undefined;
  let owned: Record<Tenant, Owned>;
  beforeAll(async () => {
    redis = shared ? await startRedis() : undefined;
    guarded = await startGuarded(redis ? { redis: redis.url } : {});
    const each = TENANTS.map(async (tenant, n) => [tenant, await give(tenant, `1.2.840.99.${n + 1}`)]);
    owned = Object.fromEntries(await Promise.all(each));
  }, SETUP_MS);
  afterAll(async () => {
    await guarded?.close();
    await redis?.close();
  });

  const ask = async (who: Tenant, path: string, init?: RequestInit) =>
    guarded.ask(path, who === "radiology" ? `Bearer ${apiKey}` : await guarded.as(who), init);

  /** An image of its own and everything that is made from one. */
  async function give(who: Tenant, seriesUid: string): Promise<Owned> {
    const form = new FormData();
    for (const { bytes } of stack(steps(4, 2), { series: seriesUid })) form.append("file", new Blob([bytes]));
    const of = async (path: string, init: RequestInit) => (await ask(who, path, init)).json();
    const { imageId } = ImageInfo.parse(await of("/v1/images", { method: "POST", body: form }));
    const { embeddingId } = EmbeddingInfo.parse(await of(`/v1/images/${imageId}/embeddings`, post({ slice: 0 })));
    const { lowResLogitsId } = MaskResponse.parse(await of("/v1/masks", post({ embeddingId, prompts: [click] })));
    const volume = post({ prompts: [{ slice: 0, prompts: [click] }] });
    const { jobId } = Job.parse(await of(`/v1/images/${imageId}/segmentations`, volume));
    return { imageId, embeddingId, logitsId: lowResLogitsId, jobId, seriesUid };
  }

  const asksFor = async (owner: Tenant): Promise<Ask[]> => {
    const { salt } = (await (await ask(owner, "/v1/series")).json()) as { salt: string };
    const key = createHash("sha256").update(`${salt}\n${owned[owner].seriesUid}`).digest("hex");
    return asks(owned[owner], `sha256:${key}`);
  };

  test("the table below has every route that takes an id", async () => {
    const asked = new Set((await asksFor("anna")).map(({ route }) => route));
    const routes = (await guarded.routes()).map(({ method, path }) => `${method} ${path}`);
    expect([...asked, ...OF_NOBODY].sort()).toEqual(routes.sort());
  });

  test.each(TENANTS)("what %s has is to the others as an id that was never given", async (owner) => {
    for (const other of TENANTS.filter((tenant) => tenant !== owner))
      for (const { route, path, init } of await asksFor(owner)) {
        const answer = await ask(other, path, init);
        const never = typeof init?.body === "string" ? { ...init, body: zeroed(init.body) } : init;
        const unknown = await ask(other, zeroed(path), never);
        expect([route, answer.status]).toEqual([route, 404]);
        expect(await told(answer)).toEqual(await told(unknown));
      }
    for (const { route, path, init } of await asksFor(owner)) {
      if (route.endsWith("/results")) continue; // no archive is there to take one
      const answer = await ask(owner, path, init);
      await answer.arrayBuffer();
      expect([route, answer.status === 404]).toEqual([route, false]);
    }
  });

  test("equal pixels are encoded for each, under ids of their own", async () => {
    const pixels = writePng({ width: 16, height: 16, data: Uint8Array.from({ length: 256 }, (_, n) => n) });
    const made: EmbeddingInfo[] = [];
    const images = new Set<string>();
    for (const who of TENANTS) {
      const sent = await ask(who, "/v1/images", { method: "POST", body: pixels });
      const { imageId } = ImageInfo.parse(await sent.json());
      images.add(imageId);
      const answer = await ask(who, `/v1/images/${imageId}/embeddings`, post({}));
      made.push(EmbeddingInfo.parse(await answer.json()));
    }
    expect(images.size).toBe(1);
    expect(made.map(({ cached }) => cached)).toEqual([false, false, false]);
    expect(new Set(made.map(({ embeddingId }) => embeddingId)).size).toBe(3);
  });

  test("an embedding is given to no other tenant in any form, whole, in part or as a condition", async () => {
    const path = `/v1/embeddings/${owned.anna.embeddingId}`;
    const etag = (await ask("anna", path)).headers.get("ETag") ?? "";
    const forms: Record<string, string>[] = [
      ...["f32", "f16", "i8"].map((form) => ({ Accept: `application/vnd.promptomy.embedding+${form}` })),
      { Range: "bytes=0-9" },
      { "If-None-Match": etag },
    ];
    for (const headers of forms) {
      expect((await ask("anna", path, { headers })).status).toBeLessThan(400);
      expect([headers, (await ask("bert", path, { headers })).status]).toEqual([headers, 404]);
    }
  });

  test("every id is a digest of 256 bits", () => {
    for (const { seriesUid: _, ...ids } of Object.values(owned))
      for (const id of Object.values(ids)) expect(id).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
}

describe("S-2, S-3: tenants in memory and on disk", { timeout: 180_000 }, () => isolation(false));
describe("S-2, S-3: tenants in a Redis that they share", { ...needsRedis(), timeout: 180_000 }, () => isolation(true));

/** An answer without what differs between any two: the id that was asked for, and that of the request. */
const told = async (answer: Response) =>
  zeroed(await answer.text()).replace(/"requestId":"[^"]*"/, "") + answer.headers.get("Cache-Control");
