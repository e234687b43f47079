/** A server whose models bring their own text tower, or a heat map, by their manifests alone. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { decodeRle } from "../../../core/mask/rle.ts";
import { MaskResponse, TextPromptAnswer } from "../../../core/wire/index.ts";
import { writePng } from "../../../formats/index.ts";
import { runCli } from "../../../server/commands/main.ts";
import { loadModels } from "../../../server/models/registry.ts";
import { dualModel, writeBrought, writeWithHeatMap } from "../../support/brought-graphs.ts";
import { createHarness, type Harness, post, SETUP_MS } from "../harness.ts";

const SIZE = 96;
/** A bright square in the dark, and a point inside and outside of it. */
const [FROM, TO] = [24, 42];
const [INSIDE, OUTSIDE] = [33, 80];

function square(): Uint8Array<ArrayBuffer> {
  const isBright = (at: number) => at >= FROM && at < TO;
  const data = Uint8Array.from({ length: SIZE * SIZE }, (_, n) =>
    isBright(n % SIZE) && isBright(Math.floor(n / SIZE)) ? 255 : 0,
  );
  return new Uint8Array(writePng({ width: SIZE, height: SIZE, channels: 1, data }));
}

let harness: Harness;
let imageId: string;
beforeAll(async () => {
  harness = await createHarness({
    async models(dir) {
      await writeBrought(join(dir, "dual"), dualModel());
      await writeBrought(join(dir, "named"), dualModel("named", "shared"));
      await writeWithHeatMap(join(dir, "warm"));
      await writeWithHeatMap(join(dir, "telling"), "promptomy", "telling");
    },
  });
  const body = new Blob([square()]);
  ({ imageId } = await (await harness.request("/v1/images", { method: "POST", body })).json());
}, SETUP_MS);
afterAll(() => harness.close());

const ask = (body: object) => harness.request("/v1/text-prompts", post({ imageId, window: FULL, ...body }));
const masks = (prompts: unknown, model: string) =>
  harness.request("/v1/masks", post({ imageId, prompts, model, zoom: "never", window: FULL }));
const text = (said: string) => [{ kind: "text", text: said }];
const FULL = { center: 128, width: 256 };

describe("a dual encoder", () => {
  test("segments what is said to it, in words of nobody's list", async () => {
    const response = await masks(text("cat"), "dual");
    expect(response.status).toBe(200);
    const answer = MaskResponse.parse(await response.json());
    const mask = decodeRle(answer.masks[0].rle);
    expect(answer.presence).toBeGreaterThan(0.9);
    expect(mask.data[INSIDE * SIZE + INSIDE]).toBe(1);
    expect(mask.data[OUTSIDE * SIZE + OUTSIDE]).toBe(0);
    const other = MaskResponse.parse(await (await masks(text("photo"), "dual")).json());
    expect(decodeRle(other.masks[0].rle).data[OUTSIDE * SIZE + OUTSIDE]).toBe(1);
  });

  test("that keeps to the vocabulary gets names alone", async () => {
    const response = await masks(text("cat"), "named");
    expect([response.status, (await response.json()).code]).toEqual([422, "UnknownTerm"]);
    expect((await masks(text("liver"), "named")).status).toBe(200);
  });

  test("decodes embeddings of a model with the same image tower, and of no other", async () => {
    const { embeddingId } = await (await masks(text("cat"), "dual")).json();
    const on = (model: string) => harness.request("/v1/masks", post({ embeddingId, prompts: text("liver"), model }));
    expect((await on("named")).status).toBe(200);
    const refused = await on("tiny-promptomy");
    expect([refused.status, (await refused.json()).code]).toEqual([412, "ModelMismatch"]);
  });

  test("gives a browser the tokenizer as it gives the graphs", async () => {
    const { tokenizer } = (await (await harness.request("/v1/models/dual")).json()).text;
    const file = await harness.request(`/v1/models/dual/files/${tokenizer.path}`);
    expect(file.headers.get("etag")).toContain(tokenizer.digest);
    expect((await file.arrayBuffer()).byteLength).toBe(tokenizer.bytes);
  });

  test("with another tokenizer than the one that was recorded is refused", async () => {
    const dir = await mkdtemp(join(tmpdir(), "dual-"));
    await writeBrought(dir, dualModel());
    await writeFile(join(dir, "tokenizer.json"), "{}");
    const { refused, list } = await loadModels([dir]);
    await rm(dir, { recursive: true });
    expect(list()).toEqual([]);
    expect(refused()).toMatchObject([{ error: { code: "ModelCorrupt", detail: { file: "tokenizer.json" } } }]);
  });
});

describe("a heat map", () => {
  test("gives places for a phrase that is no name, which the decoder then makes a mask of", async () => {
    const response = await ask({ text: "cat", slice: 0, model: "warm" });
    const answer = await response.json();
    expect(TextPromptAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ known: false, term: null });
    const [{ by, box, point, confidence }] = answer.places;
    expect(by).toBe("heat-map");
    expect(confidence).toBeGreaterThan(0.5);
    for (const at of [point.x, point.y]) expect(at >= FROM && at < TO).toBe(true);
    const prompts = [
      { kind: "box", ...box },
      { kind: "point", ...point, label: "foreground" },
    ];
    const drawn = MaskResponse.parse(await (await masks(prompts, "warm")).json());
    const mask = decodeRle(drawn.masks[0].rle);
    expect(mask.data[INSIDE * SIZE + INSIDE]).toBe(1);
    expect(mask.data[OUTSIDE * SIZE + OUTSIDE]).toBe(0);
  });

  test("makes no phrase a name and no text a mask", async () => {
    const response = await masks(text("cat"), "warm");
    expect(response.status).toBe(422);
    expect(await response.json()).not.toHaveProperty("masks");
  });

  test("is not asked for a name, without a slice, or of a model that has none", async () => {
    const answerTo = async (body: object) => (await ask(body)).json();
    expect(await answerTo({ text: "liver", slice: 0, model: "telling" })).not.toHaveProperty("places");
    expect(await answerTo({ text: "cat", model: "warm" })).not.toHaveProperty("places");
    expect(await answerTo({ text: "cat", slice: 0 })).not.toHaveProperty("places");
    expect((await answerTo({ text: "optic cup", slice: 0, model: "telling" })).places).toEqual(expect.any(Array));
  });

  test("is asked for names too where the model reads no text", async () => {
    const answer = await (await ask({ text: "liver", slice: 0, model: "warm" })).json();
    expect(answer).toMatchObject({ known: true, name: "liver", places: expect.any(Array) });
  });

  test.each([
    ["a slice that is not there", { text: "cat", slice: 7, model: "warm" }, 404, "SliceNotFound"],
    ["a model that is not there", { text: "cat", slice: 0, model: "cold" }, 404, "UnknownModel"],
    ["a slice that is none", { text: "cat", slice: -1, model: "warm" }, 400, "InvalidRequest"],
    ["a million letters", { text: "cat ".repeat(250_000), slice: 0, model: "warm" }, 400, "InvalidRequest"],
  ])("refuses %s", async (_, body, status, code) => {
    const response = await ask(body);
    expect([response.status, (await response.json()).code]).toEqual([status, code]);
  });

  test("promptomy names --look prints what promptomy segment takes", async () => {
    const file = join(harness.dir, "square.png");
    await writeFile(file, square());
    const models = ["--model-dir", join(harness.dir, "models"), "--cache-dir", join(harness.dir, "cli"), "--quiet"];
    const lines: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => lines.push(String(chunk)) > 0);
    const look = (model: string) => runCli(["names", "cat", "--look", file, "--model", model, ...models]);
    const codes = [await look("warm"), await look("tiny-promptomy")];
    write.mockRestore();
    expect(codes).toEqual([0, 2]);
    expect(lines.join("")).toMatch(/^--box \d+,\d+,\d+,\d+ --point \d+,\d+\t0\.\d\d by heat-map\n$/);
    const [prompts = ""] = lines.join("").split("\t");
    const mask = join(harness.dir, "mask.png");
    expect(await runCli(["segment", file, ...prompts.split(" "), "--model", "warm", "-o", mask, ...models])).toBe(0);
    expect((await readFile(mask)).length).toBeGreaterThan(0);
  });

  test.each([
    ["control characters", "\u0007\u001b[31mfoo\u0000bar"],
    ["text from right to left", "\u202eكبد\u202c"],
    ["emoji", "🫀🫁👩‍⚕️"],
    ["a lone surrogate", "\ud83e"],
  ])("answers %s", async (_, said) => {
    const response = await ask({ text: said, slice: 0, model: "warm" });
    expect(response.status).toBe(200);
    expect((await response.json()).known).toBe(false);
  });
});
