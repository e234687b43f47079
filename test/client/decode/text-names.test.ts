import { afterAll, beforeAll, expect, test } from "vitest";
import { createTextNames, type NameTexts } from "../../../client/decode/text-names.ts";
import { type Api, createApi } from "../../../client/http/api.ts";
import { createTransport } from "../../../client/http/transport.ts";
import type { Embedding } from "../../../client/types.ts";
import type { Manifest, Prompt } from "../../../core/wire/index.ts";
import { writePng } from "../../../formats/index.ts";
import { createHarness, type Harness, SETUP_MS } from "../../server/harness.ts";

let harness: Harness;
let api: Api;
let manifest: Manifest;
let on: Embedding;
let nameTexts: NameTexts;
/** Texts that the server was asked for. */
const asked: string[] = [];

beforeAll(async () => {
  harness = await createHarness();
  const fetch = async (request: Request) => {
    const { pathname } = new URL(request.url);
    const body = request.method === "POST" ? await request.blob() : null;
    if (pathname === "/v1/text-prompts") asked.push(JSON.parse(await body!.text()).text);
    return harness.request(pathname, { method: request.method, headers: request.headers, body });
  };
  api = createApi(createTransport("http://localhost", fetch));
  manifest = await api.manifest();
  const picture = writePng({ width: 64, height: 64, channels: 1, data: new Uint8Array(64 * 64).fill(90) });
  const { imageId } = await api.upload([new Blob([new Uint8Array(picture)])]);
  const { embeddingId, ...info } = await api.embed(imageId, { plane: "native", slice: 0 });
  on = { ...info, id: embeddingId, width: 64, height: 64 };
  nameTexts = createTextNames(api, manifest);
}, SETUP_MS);
afterAll(() => harness.close());

const text = (name: string): Prompt => ({ kind: "text", text: name });
const click: Prompt = { kind: "point", x: 3, y: 4, label: "foreground" };

test("texts become canonical names in their places, and other prompts stay as they are", async () => {
  expect(await nameTexts(on, [click, text("Kidneys"), click], {})).toEqual([click, text("kidney"), click]);
  expect(await nameTexts(on, [click], {})).toEqual([click]);
});

test("a side becomes a place on the slice, and the name goes without it", async () => {
  const [left] = await nameTexts(on, [text("Kidney, LT")], {});
  expect(left).toEqual({ kind: "text", text: "kidney", beyond: [1, 0, -31.5] });
  expect(await nameTexts(on, [text("left atrium")], {})).toEqual([text("left atrium")]);
});

test("the server is asked once for each text and modality", async () => {
  asked.length = 0;
  await Promise.all([nameTexts(on, [text("splean")], {}), nameTexts(on, [text("splean"), click], {})]);
  await nameTexts(on, [text("splean")], {});
  expect(asked).toEqual(["splean"]);
  const [inXray] = await nameTexts(on, [text("windpipe")], { context: { modality: "DX" } });
  const [inCt] = await nameTexts(on, [text("windpipe")], { context: { modality: "CT" } });
  expect([inXray, inCt]).toEqual([text("trachea and main bronchi"), text("trachea")]);
});

test("an unknown name rejects with its text and suggestions", async () => {
  await expect(nameTexts(on, [click, text("left liver")], {})).rejects.toMatchObject({
    code: "UnknownTerm",
    detail: { text: "left liver", suggestions: expect.arrayContaining(["liver"]) },
  });
});

test("a refused request is asked again the next time", async () => {
  asked.length = 0;
  const long = text("l".repeat(600));
  for (let i = 0; i < 2; i++) await expect(nameTexts(on, [long], {})).rejects.toMatchObject({ code: "InvalidRequest" });
  expect(asked).toHaveLength(2);
});

test("a model that reads no text is left to refuse it, without a request", async () => {
  asked.length = 0;
  const silent = createTextNames(api, { ...manifest, prompts: ["point"] });
  expect(await silent(on, [text("whatever")], {})).toEqual([text("whatever")]);
  expect(asked).toEqual([]);
});

test("an aborted call stops with the signal's reason", async () => {
  const signal = AbortSignal.abort(new Error("changed my mind"));
  await expect(nameTexts(on, [text("pancreas")], { signal })).rejects.toThrow("changed my mind");
});
