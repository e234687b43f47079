import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Problem } from "../../core/wire/index.ts";
import { readSettings } from "../../server/settings.ts";
import { singleImage } from "../../server/sources/folder/folder.ts";
import { createHarness, type Harness, post, SETUP_MS } from "./harness.ts";

let harness: Harness;
let failing: Harness;
const ALLOWED = "https://viewer.hospital.example";

beforeAll(async () => {
  harness = await createHarness({
    deps: { corsOrigins: [ALLOWED], allowedHosts: ["localhost"], headers: { frameAncestors: [ALLOWED] } },
  });
  const broken = () => {
    throw new Error("secret of the machine: /home/anna/DOE_JANE.dcm");
  };
  failing = await createHarness({
    deps: {
      folder: new Proxy(singleImage(`sha256:${"0".repeat(64)}`, ""), { get: broken }),
      lifecycle: { draining: () => false, unready: () => ["NoModel"] },
    },
  });
}, SETUP_MS);
afterAll(async () => {
  await harness.close();
  await failing.close();
});

/** S-5: what every answer carries. */
const GOLDEN = {
  "content-security-policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self' https://viewer.hospital.example",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

const pick = (headers: Headers, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, headers.get(name)]));
const UNKNOWN = `sha256:${"0".repeat(64)}`;

describe("S-5: the security headers", () => {
  test.each([
    { status: 200, path: "/livez", init: {} },
    { status: 400, path: "/v1/images/name", init: {} },
    { status: 404, path: `/v1/images/${UNKNOWN}`, init: {} },
    { status: 404, path: "/nowhere", init: {} },
    { status: 405, path: "/v1/masks", init: {} },
    { status: 413, path: "/v1/masks", init: post("1".repeat(2 ** 20 + 1)) },
    { status: 415, path: "/v1/masks", init: { method: "POST", body: "x", headers: { "Content-Type": "text/plain" } } },
    { status: 415, path: "/v1/images", init: { method: "POST", body: "<svg/>" } },
    {
      status: 403,
      path: "/v1/masks",
      init: { ...post({}), headers: { "Content-Type": "application/json", Origin: "https://evil.example" } },
    },
    { status: 403, path: "/livez", init: { headers: { Host: "evil.example" } } },
    { status: 400, path: "/livez", init: { headers: { Host: "localhost, evil.example" } } },
  ])("are on $status of $path", async ({ status, path, init }) => {
    const response = await harness.request(path, init);
    expect(response.status).toBe(status);
    expect(pick(response.headers, Object.keys(GOLDEN))).toEqual(GOLDEN);
    expect(response.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("are on a mistake of ours, which says nothing of itself and is logged without its message", async () => {
    const response = await failing.request("/v1/studies");
    expect(response.status).toBe(500);
    expect(Object.keys(GOLDEN).every((name) => response.headers.has(name))).toBe(true);
    const problem = Problem.parse(await response.json());
    expect(problem).toMatchObject({ code: "InternalError", info: {}, requestId: response.headers.get("X-Request-Id") });
    const log = failing.log.join("");
    expect(log).toContain(problem.requestId);
    expect(`${log}${JSON.stringify(problem)}`).not.toMatch(/secret|anna|DOE_JANE/);
  });

  test("readiness that fails is 503 with reasons, and no problem", async () => {
    const response = await failing.request("/readyz");
    expect([response.status, await response.json()]).toEqual([
      503,
      { status: "not ready", reasons: ["NoModel"], degraded: [] },
    ]);
  });
});

describe("S-4: another origin", () => {
  test.each([
    { origin: ALLOWED, allowed: true },
    { origin: "https://viewer.hospital.example.evil.com", allowed: false },
    { origin: "http://viewer.hospital.example", allowed: false },
    { origin: "https://evil.example", allowed: false },
    { origin: "null", allowed: false },
  ])("$origin may read: $allowed", async ({ origin, allowed }) => {
    const read = await harness.request("/v1/models", { headers: { Origin: origin } });
    expect(read.headers.get("Access-Control-Allow-Origin")).toBe(allowed ? origin : null);
    expect(read.headers.get("Vary")).toContain("Origin");
    expect(read.headers.get("Access-Control-Allow-Credentials")).toBeNull();
    const preflight = await harness.request("/v1/masks", {
      method: "OPTIONS",
      headers: { Origin: origin, "Access-Control-Request-Method": "POST" },
    });
    expect(preflight.status === 204).toBe(allowed);
    const write = await harness.request("/v1/masks", {
      ...post({}),
      headers: { Origin: origin, "Content-Type": "application/json" },
    });
    expect(write.status).toBe(allowed ? 400 : 403);
  });

  test("may not write with a form, which needs no preflight", async () => {
    const body = new FormData();
    body.append("file", new Blob(["x"]));
    const response = await harness.request("/v1/images", {
      method: "POST",
      body,
      headers: { Origin: "https://evil.example" },
    });
    expect(response.status).toBe(403);
  });

  test("is nobody's by default, and programs without an origin are served", async () => {
    const response = await failing.request("/v1/models", { headers: { Origin: ALLOWED } });
    expect(response.headers.get("Access-Control-Allow-Origin")).toBeNull();
    expect((await failing.request("/v1/masks", post({}))).status).toBe(400);
  });

  test("the page's own origin is told by the browser's word, or by the host", async () => {
    const own = (headers: Record<string, string>) =>
      harness.request("/v1/masks", { ...post({}), headers: { "Content-Type": "application/json", ...headers } });
    expect((await own({ Origin: "http://localhost:5173", "Sec-Fetch-Site": "same-origin" })).status).toBe(400);
    expect((await own({ Origin: "http://localhost:5173", Host: "localhost:5173" })).status).toBe(400);
    expect(
      (await own({ Origin: "http://localhost:5173", "Sec-Fetch-Site": "cross-site", Host: "localhost:5173" })).status,
    ).toBe(403);
  });

  test.each([
    { site: "cross-site", mode: "no-cors", method: "POST", status: 403 },
    { site: "same-site", mode: "no-cors", method: "POST", status: 403 },
    { site: "cross-site", mode: "navigate", method: "POST", status: 403 },
    { site: "cross-site", mode: "no-cors", method: "GET", status: 403 },
    { site: "cross-site", mode: "navigate", method: "GET", status: 200 },
    { site: "same-origin", mode: "cors", method: "GET", status: 200 },
    { site: "none", mode: "navigate", method: "GET", status: 200 },
  ])("without an Origin, $site $mode $method is answered $status", async ({ site, mode, method, status }) => {
    const headers = { "Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Content-Type": "application/json" };
    const response = await harness.request(method === "GET" ? "/v1/models" : "/v1/masks", {
      method,
      headers,
      ...(method === "GET" ? {} : { body: "{}" }),
    });
    expect(response.status).toBe(status);
  });
});

describe("other people's pages", () => {
  const preflight = (method: string) => ({
    method: "OPTIONS",
    headers: { Origin: ALLOWED, "Access-Control-Request-Method": method },
  });

  test("may also cancel jobs, and without being asked for send no credentials", async () => {
    const { status, headers } = await harness.request("/v1/jobs/x", preflight("DELETE"));
    expect(status).toBe(204);
    expect(headers.get("Access-Control-Allow-Methods")).toContain("DELETE");
    expect(headers.get("Access-Control-Allow-Credentials")).toBeNull();
  });

  test("may send the credentials and headers that the operator names", async () => {
    const deps = { corsOrigins: [ALLOWED], corsCredentials: true, corsHeaders: ["X-Tenant"] };
    const own = await createHarness({ deps });
    try {
      const { headers } = await own.request("/v1/models", preflight("GET"));
      expect(headers.get("Access-Control-Allow-Credentials")).toBe("true");
      expect(headers.get("Access-Control-Allow-Headers")).toMatch(/Authorization.*, X-Tenant$/);
      const foreign = await own.request("/v1/models", { headers: { Origin: "https://elsewhere.example" } });
      expect(foreign.headers.get("Access-Control-Allow-Credentials")).toBeNull();
    } finally {
      await own.close();
    }
  });

  test("that are isolated may frame the viewer, and nothing but the frame is opened to them", async () => {
    const policyFor = async (from: Harness, dest: string) => {
      const headers = { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": dest };
      return (await from.request("/", { headers })).headers.get("Cross-Origin-Resource-Policy");
    };
    expect(await policyFor(harness, "iframe")).toBe("cross-origin");
    expect(await policyFor(harness, "image")).toBe("same-origin");
    expect(await policyFor(failing, "iframe")).toBe("same-origin"); // nobody may frame that one
  });
});

test.each(["viewer.example.org", "https://viewer.example.org/page", "ftp://viewer.example.org", "*"])(
  "%s is no origin, and is refused at the start",
  (text) => expect(() => readSettings({}, { PROMPTOMY_CORS_ORIGINS: text })).toThrow(/expected scheme, host and port/),
);

describe("a server that stops", () => {
  test("takes no new work, says when to come back, and still tells its health", async () => {
    const stopping = await createHarness({
      deps: { lifecycle: { draining: () => true, unready: () => ["ShuttingDown"] } },
    });
    try {
      const refused = await stopping.request("/v1/models");
      expect([refused.status, refused.headers.get("Connection")]).toEqual([503, "close"]);
      expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThanOrEqual(1);
      expect((await stopping.request("/livez")).status).toBe(200);
      expect((await stopping.request("/readyz")).status).toBe(503);
    } finally {
      await stopping.close();
    }
  });
});
