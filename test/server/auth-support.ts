/** A server that asks who somebody is, and a real issuer of tokens. */
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { startServer } from "../../server/node.ts";
import { createLog } from "../../server/ops/log.ts";
import type { Settings } from "../../server/settings.ts";
import { modelFolder } from "./inference-support.ts";

const AUDIENCE = "promptomy";
export const log = createLog({ level: "silent" });
export const apiKey = randomBytes(32).toString("base64url");

export interface Issuer {
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
    "exp as a text": `Bearer ${await token({ exp: "never" })}`,
    "exp as a number in a text": `Bearer ${await token({ exp: String(now + 600) })}`,
    "nbf as a text": `Bearer ${await token({ nbf: "0" })}`,
    "no end": `Bearer ${await token({ exp: undefined })}`,
    "no audience": `Bearer ${await token({ aud: undefined })}`,
    "unknown kid": `Bearer ${await token({}, { kid: "two" })}`,
    "another key": `Bearer ${await new SignJWT(good).setProtectedHeader({ alg: "RS256", kid: "one" }).sign(other.privateKey)}`,
    "another key that it brings itself": `Bearer ${await new SignJWT(good).setProtectedHeader({ alg: "RS256", kid: "one", jwk: await exportJWK(other.publicKey) }).sign(other.privateKey)}`,
    "scheme Basic": `Basic ${await token()}`,
    "an id token": `Bearer ${await token({ nonce: "n", at_hash: "h" })}`,
    "no tenant": `Bearer ${await token({ sub: "" })}`,
    "a key nobody gave": `Bearer ${randomBytes(32).toString("base64url")}`,
    "a short key": "Bearer short",
  };
  return { url, token, forged, close: () => server.close() };
}

export interface GuardedServer {
  readonly issuer: Issuer;
  ask(path: string, authorization: string, init?: RequestInit): Promise<Response>;
  /** `Authorization` of somebody who signed in. */
  as(tenant: string): Promise<string>;
  /** Every route of the document, which holds every route of the router (`openapi.test.ts`). */
  routes(): Promise<{ method: string; path: string }[]>;
  close(): Promise<void>;
}

/** A server with tokens and one API key, of the tenant `radiology`. */
export async function startGuarded(more: Partial<Settings> = {}): Promise<GuardedServer> {
  const dir = await mkdtemp(join(tmpdir(), "auth-"));
  await modelFolder(join(dir, "models"));
  const digest = `sha256:${createHash("sha256").update(apiKey).digest("hex")}`;
  await writeFile(join(dir, "keys.json"), JSON.stringify([{ digest, tenant: "radiology" }]));
  const issuer = await startIssuer();
  const server = await startServer({
    ...{ host: "127.0.0.1", port: 0, device: "cpu", log },
    ...{ cacheDir: join(dir, "cache"), modelDirs: [join(dir, "models")] },
    ...{ oidcIssuer: issuer.url, oidcAudience: AUDIENCE, keysFile: join(dir, "keys.json") },
    ...more,
  });
  const ask = (path: string, authorization: string, init: RequestInit = {}) =>
    fetch(server.url + path, {
      ...init,
      headers: { ...init.headers, ...(authorization ? { Authorization: authorization } : {}) },
    });
  const as = async (tenant: string) => `Bearer ${await issuer.token({ sub: tenant })}`;
  return {
    ...{ issuer, ask, as },
    async routes() {
      const { paths } = (await (await ask("/openapi.json", await as("anna"))).json()) as {
        paths: Record<string, object>;
      };
      return Object.entries(paths).flatMap(([path, item]) => Object.keys(item).map((method) => ({ method, path })));
    },
    async close() {
      await server.close();
      issuer.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
