import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startServer } from "../../server/node.ts";
import { apiKey, type GuardedServer, log, startGuarded } from "./auth-support.ts";
import { SETUP_MS } from "./harness.ts";

describe("a server that asks who you are", () => {
  let guarded: GuardedServer;
  beforeAll(async () => {
    guarded = await startGuarded();
  }, SETUP_MS);
  afterAll(() => guarded?.close());

  test("S-1: every route refuses every forged token, and says nothing but 401", async () => {
    const open = new Set(["/livez", "/readyz"]);
    const documented = (await guarded.routes()).filter(({ path }) => !open.has(path));
    expect(documented.length).toBeGreaterThan(20);
    const more = ["/openapi.json", "/docs", "/docs.css", "/v1/no-such-route"].map((path) => ({ method: "get", path }));
    const walked = [...documented, ...more].map(({ method, path }) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, "x"),
    }));
    const heads = walked.filter(({ method }) => method === "GET").map(({ path }) => ({ method: "HEAD", path }));
    const bodies = new Set<string>();
    for (const { method, path } of [...walked, ...heads]) {
      for (const [name, authorization] of Object.entries(guarded.issuer.forged)) {
        const answer = await guarded.ask(path, authorization, { method });
        expect([method, path, name, answer.status]).toEqual([method, path, name, 401]);
        expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
        if (method !== "HEAD") bodies.add((await answer.text()).replace(/"requestId":"[^"]*"/, ""));
      }
    }
    expect(bodies.size).toBe(1);
  });

  test("S-1: a token in the address is no token", async () => {
    const token = await guarded.issuer.token();
    for (const name of ["access_token", "token", "authorization"])
      expect((await guarded.ask(`/v1/limits?${name}=${token}`, "")).status).toBe(401);
  });

  test("health answers anybody; a token and a key open the rest", async () => {
    for (const path of ["/livez", "/readyz"]) expect((await guarded.ask(path, "")).status).toBe(200);
    for (const authorization of [await guarded.as("anna"), `Bearer ${apiKey}`])
      for (const path of ["/v1/limits", "/metrics", "/docs", "/openapi.json"])
        expect([path, (await guarded.ask(path, authorization)).status]).toEqual([path, 200]);
  });

  test("F-14: a clock that is a minute off is no reason to refuse", async () => {
    const now = Math.floor(Date.now() / 1000);
    const token = await guarded.issuer.token({ exp: now - 30, nbf: now + 30 });
    expect((await guarded.ask("/v1/limits", `Bearer ${token}`)).status).toBe(200);
  });
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
