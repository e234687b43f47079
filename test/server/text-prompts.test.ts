import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { MaskResponse, TextPromptAnswer } from "../../core/wire/index.ts";
import { writePng } from "../../formats/index.ts";
import { runCli } from "../../server/commands/main.ts";
import { loadVocabulary } from "../../server/models/vocabulary.ts";
import { createHarness, type Harness, post, SETUP_MS } from "./harness.ts";

let harness: Harness;
let imageId: string;
beforeAll(async () => {
  harness = await createHarness();
  const data = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64) * 4);
  const body = new Blob([new Uint8Array(writePng({ width: 64, height: 64, channels: 1, data }))]);
  const response = await harness.request("/v1/images", { method: "POST", body });
  ({ imageId } = await response.json());
}, SETUP_MS);
afterAll(() => harness.close());

const ask = (body: unknown) => harness.request("/v1/text-prompts", post(body));
const masks = (prompts: unknown, more: object = {}) =>
  harness.request("/v1/masks", post({ imageId, prompts, ...more }));
const text = (name: string) => ({ kind: "text", text: name });

describe("POST /v1/text-prompts", () => {
  test("answers a spelling with its term", async () => {
    const response = await ask({ text: "Kidney, LT" });
    expect(response.status).toBe(200);
    const answer = await response.json();
    expect(TextPromptAnswer.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({ known: true, term: "left-kidney", name: "left kidney", confidence: 1 });
  });

  test("answers what it does not know with suggestions, and nonsense with none", async () => {
    expect(await (await ask({ text: "left liver" })).json()).toEqual({
      known: false,
      term: null,
      name: null,
      synonymsMatched: [],
      confidence: 0,
      suggestions: expect.arrayContaining(["liver"]),
    });
    expect(await (await ask({ text: "xyzzy" })).json()).toMatchObject({ known: false, suggestions: [] });
  });

  test("lets the modality decide, or the picture", async () => {
    const term = async (more: object) => (await (await ask({ text: "windpipe", ...more })).json()).term;
    expect(await term({ modality: "DX" })).toBe("trachea-and-main-bronchi");
    expect(await term({ modality: "CT" })).toBe("trachea");
    expect(await term({ imageId })).toBe("trachea");
    expect(await term({ imageId, modality: "XR" })).toBe("trachea-and-main-bronchi");
  });

  test("puts what is looked for first among suggestions", async () => {
    const suggestions = async (more: object) =>
      (await (await ask({ text: "something of the liver", ...more })).json()).suggestions;
    expect((await suggestions({}))[0]).toBe("liver");
    expect((await suggestions({ task: "lesion" }))[0]).toMatch(/^(benign|malignant) liver lesion$|^liver tumor$/);
  });

  test.each([
    ["a task that is none", { text: "liver", task: "everything" }, 400, "InvalidRequest"],
    ["an unknown picture", { text: "liver", imageId: `sha256:${"0".repeat(64)}` }, 404, "ImageNotFound"],
    ["no text", {}, 400, "InvalidRequest"],
    ["an empty text", { text: "" }, 400, "InvalidRequest"],
    ["a text that is too long", { text: "liver ".repeat(100) }, 400, "InvalidRequest"],
    ["an unknown key", { text: "liver", lang: "en" }, 400, "InvalidRequest"],
  ])("refuses %s", async (_, body, status, code) => {
    const response = await ask(body);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });
});

describe("a text prompt of POST /v1/masks", () => {
  test("that names a structure is answered with its presence", async () => {
    const response = await masks([text("liver")]);
    expect(response.status).toBe(200);
    const { presence } = MaskResponse.parse(await response.json());
    expect(presence).toBeGreaterThanOrEqual(0);
    expect(presence).toBeLessThanOrEqual(1);
  });

  test("gives the same mask in every spelling, alone or with a click", async () => {
    const click = { kind: "point", x: 30, y: 20, label: "foreground" };
    for (const rest of [[], [click]]) {
      const plain = await (await masks([text("left kidney"), ...rest])).json();
      for (const spelling of ["Kidney, LT", "segment the left kidny"]) {
        expect(await (await masks([text(spelling), ...rest])).json()).toEqual(plain);
      }
    }
  });

  test("is read in the modality that the request says", async () => {
    const [inXray, inCt, bronchi, trachea] = await Promise.all(
      [
        masks([text("windpipe")], { context: { modality: "DX" } }),
        masks([text("windpipe")], { context: { modality: "CT" } }),
        masks([text("trachea and main bronchi")], { context: { modality: "DX" } }),
        masks([text("trachea")], { context: { modality: "CT" } }),
      ].map(async (response) => (await response).json()),
    );
    expect(inXray).toEqual(bronchi);
    expect(inCt).toEqual(trachea);
    expect(inXray.presence).not.toBe(inCt.presence);
  });

  test("that names nothing known gets suggestions instead of a mask, and is not repeated", async () => {
    const response = await masks([text("left liver")]);
    expect(response.status).toBe(422);
    expect(response.headers.get("Content-Type")).toContain("application/problem+json");
    const { code, info } = await response.json();
    expect(code).toBe("UnknownTerm");
    expect(Object.keys(info)).toEqual(["suggestions"]);
    expect(info.suggestions).toContain("liver");
    expect(info.suggestions.length).toBeLessThanOrEqual(5);
  });
});

const folders = () =>
  Object.entries({
    "--model-dir": join(harness.dir, "models"),
    "--cache-dir": join(harness.dir, "cli"),
    "--device": "cpu",
  }).flat();

test("promptomy segment --text says which names are near, and exits with 1", { timeout: SETUP_MS }, async () => {
  const said: unknown[] = [];
  const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => said.push(text) > 0);
  onTestFinished(() => write.mockRestore());
  const picture = join(harness.dir, "picture.png");
  await writeFile(picture, writePng({ width: 40, height: 30, data: new Uint8Array(1200).fill(90) }));
  expect(await runCli(["segment", picture, "--text", "inferior cava", ...folders()])).toBe(1);
  expect(said.join("")).toMatch(/does not know "inferior cava"\. Did you mean inferior vena cava/);
});

test.each([
  ["a million letters", "a".repeat(1e6)],
  ["control characters", "\u0007\u001b[31mfoo\u0000bar"],
  ["text from right to left", "\u202eكبد\u202c"],
  ["emoji", "🫀🫁👩‍⚕️"],
  ["letters that look alike", "lіvеr"],
  ["a lone surrogate", "\ud800"],
])("the command line answers %s in one short line and names nothing", { timeout: SETUP_MS }, async (_, text) => {
  const said: string[] = [];
  const spies = [process.stderr, process.stdout].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((line) => said.push(String(line)) > 0),
  );
  onTestFinished(() => spies.forEach((spy) => void spy.mockRestore()));
  expect(await runCli(["names", text])).toBe(0);
  expect(said.join("")).toBe("No name is near.\n\n");
  said.length = 0;
  const picture = join(harness.dir, "hostile.png");
  await writeFile(picture, writePng({ width: 40, height: 30, data: new Uint8Array(1200).fill(90) }));
  expect(await runCli(["segment", picture, "--text", text, ...folders()])).toBe(1);
  expect(said.join("").length).toBeLessThan(200);
  expect(said.join("").slice(0, -1)).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

describe("loadVocabulary", () => {
  test.each([
    ["no JSON", "{", "file"],
    ["an entry without a name", '[{"id":"liver","synonyms":[],"modalities":["CT"]}]', "0.name"],
    ["an unknown key", '[{"id":"liver","name":"liver","synonyms":[],"modalities":["CT"],"latin":"hepar"}]', "0"],
  ])("refuses %s and says where", async (_, content, field) => {
    const dir = await mkdtemp(join(tmpdir(), "vocabulary-"));
    const path = join(dir, "vocabulary.json");
    await writeFile(path, content);
    await expect(loadVocabulary(path)).rejects.toMatchObject({ code: "MalformedFile", detail: { field } });
    await rm(dir, { recursive: true });
  });
});
