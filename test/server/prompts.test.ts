import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EmbeddingInfo, ImageInfo, MaskResponse, Problem } from "../../core/wire/index.ts";
import { writePng } from "../../formats/index.ts";
import { createHarness, type Harness, post, SETUP_MS } from "./harness.ts";

let harness: Harness;
let imageId: string;
const WIDTH = 48;
const HEIGHT = 40;

beforeAll(async () => {
  harness = await createHarness();
  const data = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, n) => (n * 3) % 256);
  const response = await harness.request("/v1/images", {
    method: "POST",
    body: writePng({ width: WIDTH, height: HEIGHT, data }),
  });
  ({ imageId } = ImageInfo.parse(await response.json()));
}, SETUP_MS);
afterAll(() => harness.close());

const point = { kind: "point", x: 20, y: 20, label: "foreground" };
const ask = (body: unknown) => harness.request("/v1/masks", post(body));
/** A body with `text` written where one prompt's JSON belongs. */
const raw = (text: string) => `{"imageId":"${imageId}","prompts":[${text}]}`;
const many = (n: number) => Array.from({ length: n }, () => JSON.stringify(point)).join(",");

describe("B-15: a prompt", () => {
  test.each([
    { name: "outside to the right", text: '{"kind":"point","x":48,"y":1,"label":"foreground"}', status: 422 },
    { name: "negative", text: '{"kind":"point","x":-1,"y":1,"label":"foreground"}', status: 422 },
    { name: "null", text: '{"kind":"point","x":null,"y":1,"label":"foreground"}', status: 400 },
    { name: "infinite by 1e999", text: '{"kind":"point","x":1e999,"y":1,"label":"foreground"}', status: 400 },
    { name: "NaN as a word", text: '{"kind":"point","x":NaN,"y":1,"label":"foreground"}', status: 400 },
    { name: "of strings", text: '{"kind":"point","x":"1","y":"1","label":"foreground"}', status: 400 },
    { name: "of label 7", text: '{"kind":"point","x":1,"y":1,"label":7}', status: 400 },
    { name: "of an unknown kind", text: '{"kind":"spell","x":1}', status: 400 },
    { name: "box outside", text: '{"kind":"box","x0":0,"y0":0,"x1":99,"y1":9}', status: 422 },
    { name: "lasso of two points", text: '{"kind":"lasso","points":[[1,1],[2,2]],"label":"foreground"}', status: 400 },
    {
      name: "scribble of three numbers a point",
      text: '{"kind":"scribble","points":[[1,1,1]],"label":"foreground"}',
      status: 400,
    },
    {
      name: "scribble outside",
      text: '{"kind":"scribble","points":[[1,1],[1,400]],"label":"foreground"}',
      status: 422,
    },
    { name: "mask of another size", text: '{"kind":"mask","rle":{"size":[3,3],"counts":[9]}}', status: 422 },
    {
      name: "mask whose runs do not add up",
      text: `{"kind":"mask","rle":{"size":[${HEIGHT},${WIDTH}],"counts":[7]}}`,
      status: 400,
    },
    { name: "empty text", text: '{"kind":"text","text":""}', status: 400 },
    { name: "text of 513 characters", text: `{"kind":"text","text":"${"a".repeat(513)}"}`, status: 400 },
    { name: "text of 10^6 characters", text: `{"kind":"text","text":"${"a".repeat(1e6)}"}`, status: 400 },
    { name: "with a foreign key", text: '{"kind":"point","x":1,"y":1,"label":"foreground","weight":1}', status: 400 },
    {
      name: "with __proto__",
      text: '{"kind":"point","x":1,"y":1,"label":"foreground","__proto__":{"polluted":1}}',
      status: 400,
    },
    { name: "that is a deep array", text: `${"[".repeat(2e5)}${"]".repeat(2e5)}`, status: 400 },
    { name: "that is nothing", text: "", status: 400 },
    { name: "513 times", text: many(513), status: 400 },
    { name: "of 65 boxes", text: Array(65).fill('{"kind":"box","x0":1,"y0":1,"x1":9,"y1":9}').join(","), status: 413 },
    { name: "10^5 times, over the limit of a body", text: many(1e5), status: 413 },
  ])("$name is $status", async ({ text, status }) => {
    const response = await ask(raw(text));
    const body = await response.text();
    expect({ status: response.status, body }).toMatchObject({ status });
    Problem.parse(JSON.parse(body));
    expect(body.length).toBeLessThan(600);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test.each([
    { name: "at minus zero", prompt: { ...point, x: -0 } },
    { name: "on the last pixel", prompt: { ...point, x: WIDTH - 1, y: HEIGHT - 1 } },
    { name: "between pixels", prompt: { ...point, x: 3.25, y: 7.75 } },
    { name: "text beyond the basic plane", prompt: { kind: "text", text: "🫀 liver" } },
  ])("$name is answered", async ({ prompt }) => {
    const response = await ask({ imageId, prompts: [prompt] });
    expect(response.status).toBe(200);
    expect(MaskResponse.parse(await response.json()).masks[0]?.rle.size).toEqual([HEIGHT, WIDTH]);
  });

  test("an inverted box is refused or read as the same box, never as another", async () => {
    const upright = await ask({ imageId, prompts: [{ kind: "box", x0: 5, y0: 6, x1: 30, y1: 31 }] });
    const inverted = await ask({ imageId, prompts: [{ kind: "box", x0: 30, y0: 31, x1: 5, y1: 6 }] });
    if (inverted.status === 422) return;
    expect(MaskResponse.parse(await inverted.json()).masks).toEqual(MaskResponse.parse(await upright.json()).masks);
  });

  test("a key that is there twice counts once, the last", async () => {
    const twice = await ask(raw('{"kind":"point","x":500,"x":20,"y":20,"label":"foreground"}'));
    expect(twice.status).toBe(200);
  });
});

describe("S-9: a body that reaches for what is not its own", () => {
  test.each(["tenant", "model_path", "cache_key", "providers", "session_options", "embedding", "constructor"])(
    "%s is refused by every route",
    async (key) => {
      const paths = ["/v1/masks", `/v1/images/${imageId}/embeddings`, `/v1/images/${imageId}/prefetch`];
      for (const path of paths) {
        const response = await harness.request(path, post({ imageId, prompts: [point], around: 0, [key]: "x" }));
        expect(response.status).toBe(400);
        expect((await response.text()).replaceAll("embeddingId", "")).not.toContain(`"${key}"`);
      }
    },
  );

  test("a mask request names an embedding or a picture, not both and not neither", async () => {
    const embeddingId = `sha256:${"a".repeat(64)}`;
    for (const body of [{ prompts: [point] }, { prompts: [point], imageId, embeddingId }]) {
      expect((await ask(body)).status).toBe(400);
    }
  });
});

const number = fc.oneof(fc.integer({ min: -5, max: 60 }), fc.double({ min: -2, max: 50, noNaN: true }));
const label = fc.constantFrom("foreground", "background");
const vertices = (minLength: number) => fc.array(fc.tuple(number, number), { minLength, maxLength: 6 });
const prompt = fc.oneof(
  fc.record({ kind: fc.constant("point"), x: number, y: number, label }),
  fc.record({ kind: fc.constant("box"), x0: number, y0: number, x1: number, y1: number }),
  fc.record({ kind: fc.constant("scribble"), points: vertices(1), label }),
  fc.record({ kind: fc.constant("lasso"), points: vertices(3), label }),
  fc.record({ kind: fc.constant("text"), text: fc.string({ minLength: 1, maxLength: 40 }) }),
);
const request = fc.record(
  {
    imageId: fc.constant("IMAGE"),
    plane: fc.constantFrom("native", "axial"),
    slice: fc.integer({ min: 0, max: 2 }),
    window: fc.record({ center: number, width: fc.double({ min: 0.5, max: 500, noNaN: true }) }),
    multimask: fc.boolean(),
    prompts: fc.array(prompt, { minLength: 1, maxLength: 4 }),
  },
  { requiredKeys: ["imageId", "prompts"] },
);
/** One in five has a value replaced, or a key added, somewhere. */
const mutated = fc
  .tuple(request, fc.integer({ min: 0, max: 4 }), fc.jsonValue(), fc.nat())
  .map(([body, one, value, at]) => {
    if (one !== 0) return body;
    const keys = [...Object.keys(body), "extra"];
    return { ...body, [keys[at % keys.length]!]: value };
  });

describe("B-16: any JSON of the shape, and one in five that is not", () => {
  let documentOf: { paths: Record<string, { post?: { responses: Record<string, unknown> } }> };
  const declared = (path: string) => Object.keys(documentOf.paths[path]!.post!.responses).map(Number);

  beforeAll(async () => {
    documentOf = await (await harness.request("/openapi.json")).json();
  });

  test("gets a declared status and an answer of its shape from /v1/masks", async () => {
    const statuses = declared("/v1/masks");
    await fc.assert(
      fc.asyncProperty(mutated, async (body) => {
        const response = await ask(JSON.stringify(body).replaceAll('"IMAGE"', `"${imageId}"`));
        const answer = await response.json();
        expect(statuses).toContain(response.status);
        expect(response.status).toBeLessThan(500);
        if (response.status === 200) MaskResponse.parse(answer);
        else Problem.parse(answer);
      }),
      { numRuns: 200, seed: 11 },
    );
  });

  test("gets a declared status from the embeddings", async () => {
    const statuses = declared("/v1/images/{id}/embeddings");
    const shape = fc.record(
      {
        plane: fc.constantFrom("native", "coronal"),
        slice: fc.integer({ min: 0, max: 1 }),
        model: fc.string(),
        crop: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.oneof({ weight: 4, arbitrary: shape }, { weight: 1, arbitrary: fc.jsonValue() }),
        async (body) => {
          const response = await harness.request(`/v1/images/${imageId}/embeddings`, post(body));
          const answer = await response.json();
          expect(statuses).toContain(response.status);
          expect(response.status).toBeLessThan(500);
          if (response.ok) EmbeddingInfo.parse(answer);
          else Problem.parse(answer);
        },
      ),
      { numRuns: 100, seed: 12 },
    );
  });
});
