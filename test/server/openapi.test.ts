import { afterAll, beforeAll, expect, test } from "vitest";
import { createApp } from "../../server/app.ts";
import { createHarness, type Harness, SETUP_MS } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, SETUP_MS);
afterAll(() => harness.close());

interface Operation {
  operationId: string;
  responses: Record<string, unknown>;
  tags: string[];
  summary: string;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  security: Record<string, unknown>[];
  components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
}
const read = async (): Promise<Document> => (await harness.request("/openapi.json")).json();

test("docs/openapi.json is what the server says of itself (`npx vitest -u` writes it)", async () => {
  const text = `${JSON.stringify(await read(), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot("../../docs/openapi.json");
});

test("every route is in the document, with a summary and its problems", async () => {
  const { paths } = await read();
  const routes = createApp(harness.deps)
    .routes.filter(
      ({ method, path }) =>
        method !== "ALL" && !path.includes("*") && !["/openapi.json", "/docs", "/docs.css"].includes(path),
    )
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  const documented = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  );
  expect(new Set(documented)).toEqual(new Set(routes));
  for (const operation of Object.values(paths).flatMap((item) => Object.values(item))) {
    expect(operation.summary.length).toBeGreaterThan(0);
    expect(operation.tags).toHaveLength(1);
    for (const status of ["400", "500", "503"]) expect(Object.keys(operation.responses)).toContain(status);
  }
});

test("every reference leads somewhere, and shapes with a name are written once", async () => {
  const document = await read();
  const text = JSON.stringify(document);
  const names = Object.keys(document.components.schemas);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) expect(names).toContain(name);
  const rle = JSON.stringify(document.components.schemas.Rle);
  expect(text.split(rle)).toHaveLength(2);
});

test("a generated client gets a name for every operation, and a way to sign in", async () => {
  const { paths, security, components } = await read();
  const ids = Object.values(paths).flatMap((item) => Object.values(item).map(({ operationId }) => operationId));
  for (const id of ids) expect(id).toMatch(/^[a-z][A-Za-z]+$/);
  expect(new Set(ids).size).toBe(ids.length);
  expect(security).toEqual([{}, { bearer: [] }]); // either nobody, or a bearer
  expect(components.securitySchemes).toMatchObject({ bearer: { type: "http", scheme: "bearer" } });
});

test("what has a default may be left out of every request", async () => {
  const { schemas } = (await read()).components;
  expect(schemas.MaskRequest).toMatchObject({ required: ["prompts"] });
  expect(schemas.SegmentRequest).toMatchObject({ required: ["prompts"] });
});

test("readers in other languages find no schema that is `false`, and no class of letters", async () => {
  const text = JSON.stringify(await read());
  expect(text).toContain('"prefixItems"'); // tuples stay tuples, closed by their lengths
  expect(text).not.toMatch(/"items":false|\\p\{/);
  for (const [, pattern] of text.matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g))
    expect(() => new RegExp(JSON.parse(pattern ?? ""))).not.toThrow();
});

test("the page of the API needs no script and no other host", async () => {
  const response = await harness.request("/docs");
  const page = await response.text();
  expect(response.headers.get("Content-Type")).toContain("text/html");
  expect(page).not.toMatch(/<script|https?:\/\/(?!json-schema)/);
  for (const path of Object.keys((await read()).paths)) expect(page).toContain(path.replaceAll("'", "&#39;"));
});
