import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EmbeddingInfo, ImageInfo, Job, MaskResponse } from "../../core/wire/index.ts";
import { writePng } from "../../formats/index.ts";
import { type RunningServer, startServer } from "../../server/node.ts";
import { createLog } from "../../server/ops/log.ts";
import { post, SETUP_MS } from "./harness.ts";
import { modelFolder } from "./inference-support.ts";

const AUDIENCE = "promptomy";
const log = createLog({ level: "silent" });
const apiKey = randomBytes(32).toString("base64url");

interface Issuer {
  readonly url: string;
  readonly token: (claims?: object, header?: object) => Promise<string>;
  readonly forged: Readonly<Record<string, string>>;
  close(): void;
}

/** A real issuer on loopback: discovery, keys, and tokens signed by them. */
async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "one", alg: "RS256", use: "sig" };
  const server = createServer((request, response) => {
    const found = request.url?.endsWith("openid-configuration")
      ? { issuer: url, jwks_uri: `${url}/keys` }
      : { keys: [jwk] };
    response.setHeader("Content-Type", "application/json").end(JSON.stringify(found));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const now = Math.floor(Date.now() / 1000);
  const good = { iss: url, aud: AUDIENCE, sub: "anna", exp: now + 600, iat: now };
  const token = (claims: object = {}, header: object = {}) =>
    new SignJWT({ ...good, ...claims }).setProtectedHeader({ alg: "RS256", kid: "one", ...header }).sign(privateKey);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const pem = new TextEncoder().encode(await exportSPKI(publicKey));
  const other = await generateKeyPair("RS256");
  const forged = {
    "no token": "",
    "alg none": `Bearer ${part({ alg: "none" })}.${part(good)}.`,
    "HS256 with the public key": `Bearer ${await new SignJWT(good).setProtectedHeader({ alg: "HS256", kid: "one" }).sign(pem)}`,
    expired: `Bearer ${await token({ exp: now - 120 })}`,
    "another audience": `Bearer ${await token({ aud: "others" })}`,
    "another issuer": `Bearer ${await token({ iss: "https://evil.example" })}`,
    "not yet valid": `Bearer ${await token({ nbf: now + 600 })}`,
    "exp as a text": `Bearer ${await token({ exp: "never" }).catch(() => "x.y.z")}`,
    "unknown kid": `Bearer ${await token({}, { kid: "two" })}`,
    "another key": `Bearer ${await new SignJWT(good).setProtectedHeader({ alg: "RS256", kid: "one" }).sign(other.privateKey)}`,
    "scheme Basic": `Basic ${await token()}`,
    "an id token": `Bearer ${await token({ nonce: "n", at_hash: "h" })}`,
    "no tenant": `Bearer ${await token({ sub: "" })}`,
    "a key nobody gave": `Bearer ${randomBytes(32).toString("base64url")}`,
    "a short key": "Bearer short",
  };
  return { url, token, forged, close: () => server.close() };
}

describe("a server that asks who you are", () => {
  let dir: string;
  let issuer: Issuer;
  let server: RunningServer;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "auth-"));
    await modelFolder(join(dir, "models"));
    const digest = `sha256:${createHash("sha256").update(apiKey).digest("hex")}`;
    await writeFile(join(dir, "keys.json"), JSON.stringify([{ digest, tenant: "radiology" }]));
    issuer = await startIssuer();
    server = await startServer({
      ...{ host: "127.0.0.1", port: 0, device: "cpu", log },
      ...{ cacheDir: join(dir, "cache"), modelDirs: [join(dir, "models")] },
      ...{ oidcIssuer: issuer.url, oidcAudience: AUDIENCE, keysFile: join(dir, "keys.json") },
    });
  }, SETUP_MS);
  afterAll(async () => {
    await server?.close();
    issuer?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const ask = (path: string, authorization: string, init: RequestInit = {}) =>
    fetch(server.url + path, {
      ...init,
      headers: { ...init.headers, ...(authorization ? { Authorization: authorization } : {}) },
    });
  const anna = async () => `Bearer ${await issuer.token()}`;
  const bert = async () => `Bearer ${await issuer.token({ sub: "bert" })}`;
  const routes = async (): Promise<[string, string][]> => {
    const { paths } = (await (await ask("/openapi.json", await anna())).json()) as { paths: Record<string, object> };
    const all = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method): [string, string] => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, "x")]),
    );
    return [...all, ["GET", "/openapi.json"], ["GET", "/docs"], ["GET", "/v1/no-such-route"]];
  };

  test("S-1: every route refuses every forged token, and says nothing but 401", async () => {
    const open = new Set(["/livez", "/readyz"]);
    const walked = (await routes()).filter(([, path]) => !open.has(path));
    expect(walked.length).toBeGreaterThan(20);
    const bodies = new Set<string>();
    for (const [method, path] of walked) {
      for (const [name, authorization] of Object.entries(issuer.forged)) {
        const answer = await ask(path, authorization, { method });
        expect([method, path, name, answer.status]).toEqual([method, path, name, 401]);
        expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
        bodies.add((await answer.text()).replace(/"requestId":"[^"]*"/, ""));
      }
    }
    expect(bodies.size).toBe(1);
  });

  test("health answers anybody; a token and a key open the rest", async () => {
    for (const path of ["/livez", "/readyz"]) expect((await ask(path, "")).status).toBe(200);
    for (const authorization of [await anna(), `Bearer ${apiKey}`])
      for (const path of ["/v1/limits", "/metrics", "/docs", "/openapi.json"])
        expect([path, (await ask(path, authorization)).status]).toEqual([path, 200]);
  });

  test("F-14: a clock that is a minute off is no reason to refuse", async () => {
    const now = Math.floor(Date.now() / 1000);
    expect((await ask("/v1/limits", `Bearer ${await issuer.token({ exp: now - 30, nbf: now + 30 })}`)).status).toBe(
      200,
    );
  });

  test("S-2, S-3: what one tenant has does not exist for the others, and equal pixels are encoded for each", async () => {
    const data = Uint8Array.from({ length: 4096 }, (_, n) => (n * 5) % 256);
    const send = async (who: string) =>
      ImageInfo.parse(
        await (
          await ask("/v1/images", who, { method: "POST", body: writePng({ width: 64, height: 64, data }) })
        ).json(),
      );
    const { imageId } = await send(await anna());
    const click = { kind: "point", x: 30, y: 30, label: "foreground" };
    const embed = async (who: string) =>
      EmbeddingInfo.parse(await (await ask(`/v1/images/${imageId}/embeddings`, who, post({}))).json());
    const { embeddingId } = await embed(await anna());
    const masks = await ask("/v1/masks", await anna(), post({ embeddingId, prompts: [click] }));
    const { lowResLogitsId } = MaskResponse.parse(await masks.json());
    const started = await ask(
      `/v1/images/${imageId}/segmentations`,
      await anna(),
      post({ prompts: [{ slice: 0, prompts: [click] }] }),
    );
    const { jobId } = Job.parse(await started.json());
    const objects: [string, RequestInit?][] = [
      [`/v1/images/${imageId}`],
      [`/v1/images/${imageId}?source=true`],
      [`/v1/images/${imageId}/slices/native/0`],
      [`/v1/images/${imageId}/embeddings`, post({})],
      [`/v1/images/${imageId}/prefetch`, post({ around: 0 })],
      [`/v1/images/${imageId}/segmentations`, post({ prompts: [{ slice: 0, prompts: [click] }] })],
      [`/v1/embeddings/${embeddingId}`],
      ["/v1/masks", post({ embeddingId, prompts: [click] })],
      ["/v1/masks", post({ imageId, prompts: [click], previous: lowResLogitsId })],
      [`/v1/jobs/${jobId}`],
      [`/v1/jobs/${jobId}/events`],
      [`/v1/jobs/${jobId}`, { method: "DELETE" }],
    ];
    for (const who of [await bert(), `Bearer ${apiKey}`])
      for (const [path, init] of objects) {
        const answer = await ask(path, who, init);
        const unknown = await ask(path.replaceAll(/[0-9a-f]{64}/g, "0".repeat(64)), who, init);
        expect([path, answer.status]).toEqual([path, 404]);
        if (!init?.body) expect(await shape(answer)).toEqual(await shape(unknown));
      }
    expect((await send(await bert())).imageId).toBe(imageId);
    const other = await embed(await bert());
    expect([other.cached, other.embeddingId === embeddingId]).toEqual([false, false]);
    const refined = await ask("/v1/masks", await bert(), post({ imageId, prompts: [click], previous: lowResLogitsId }));
    expect([refined.status, ((await refined.json()) as { code: string }).code]).toEqual([404, "LogitsNotFound"]);
  });

  const shape = async (answer: Response) => {
    const { code, detail } = (await answer.json()) as { code: string; detail: string };
    return { code, detail };
  };
});

describe("an address that others reach", () => {
  const refused = { host: "0.0.0.0", port: 0, device: "cpu", log } as const;

  test("is refused without a sign-in, saying how to give one", async () => {
    await expect(startServer(refused)).rejects.toMatchObject({ code: "InvalidRequest", detail: { path: "host" } });
    await expect(startServer(refused)).rejects.toThrow(/--oidc-issuer.*--keys.*--insecure/);
  });

  test("half a configuration is refused by name", async () => {
    const issuer = { ...refused, oidcIssuer: "http://127.0.0.1:1" };
    await expect(startServer(issuer)).rejects.toMatchObject({ detail: { path: "oidc-audience" } });
    await expect(startServer({ ...issuer, oidcAudience: "a" })).rejects.toMatchObject({
      detail: { path: "oidc-issuer" },
    });
    await expect(startServer({ ...refused, keysFile: "/no/such/file" })).rejects.toMatchObject({
      detail: { path: "keys" },
    });
  });
});
