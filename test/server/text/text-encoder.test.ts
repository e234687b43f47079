/** Text encoders from a folder: tokens, pooling, and what is no text encoder. */
import { describe, expect, test, vi } from "vitest";
import { openTextEncoder, tokenizerOf } from "../../../server/text/encoder.ts";
import { openTextFolder } from "../../../server/text/folder.ts";
import {
  bagOfWords,
  bertTokenizer,
  CLIP_CAT,
  clipTokenizer,
  type HubFiles,
  hubFolder,
  tableGraph,
} from "./hub-folder.ts";

const open = async (dir: string) => openTextEncoder(await openTextFolder(dir), { threads: 1 });
const rounded = (vector: Float32Array | undefined) =>
  vector && [...vector].map((value) => Math.round(value * 1000) / 1000);

describe("a folder of the BERT family", () => {
  test("gives the mean of a text's tokens, of length 1, in the order of the texts", async () => {
    const encoder = await open(await bagOfWords({ heart: [8, 0], bile: [0, 6] }));
    const [both, one, longer] = await encoder.encode(["heart bile", "Bile", "heart bile bile"]);
    expect(rounded(both)).toEqual([0.8, 0.6]);
    expect(rounded(one)).toEqual([0, 1]);
    expect(rounded(longer)).toEqual([0.555, 0.832]);
  });

  test("gives nothing for letters that it does not know, and for no letters", async () => {
    const encoder = await open(await bagOfWords({ liver: [1, 0] }));
    expect(await encoder.encode(["肝脏", "liver 肝脏"])).toEqual([undefined, undefined]);
  });

  test("cuts a text that is longer than the model reads, and keeps its end mark", async () => {
    const dir = await hubFolder({
      tokenizer: bertTokenizer(["liver", "bile"]),
      config: { model_type: "bert", max_position_embeddings: 4 },
      graph: tableGraph(Float32Array.from([0, 0, 0, 0, 0, 0, 0, 9, 1, 0, 0, 1]), 2, "last_hidden_state"),
    });
    const [vector] = await (await open(dir)).encode(["liver liver bile bile bile bile"]);
    expect(rounded(vector)).toEqual(rounded(Float32Array.of(2 / Math.hypot(2, 9), 9 / Math.hypot(2, 9))));
  });
});

describe("a folder of the CLIP family", () => {
  const folder = () => {
    const table = Float32Array.from({ length: 49_408 * 2 }, (_, n) => (n % 2 === 0 ? 1 : n / 98_816));
    return hubFolder({
      tokenizer: clipTokenizer(),
      config: { model_type: "clip", text_config: { max_position_embeddings: 77 } },
      graph: tableGraph(table, 2, "text_embeds"),
      graphName: "text_model",
    });
  };

  test("reads the sentence of its paper as the ids that everybody knows", async () => {
    const tokenize = await tokenizerOf(await openTextFolder(await folder()));
    expect(tokenize("a photo  of a CAT")).toEqual(CLIP_CAT);
  });

  test("gives the graph's own vector of the text, from those ids", async () => {
    const [vector] = await (await open(await folder())).encode(["a photo of a cat"]);
    const mean = CLIP_CAT.reduce((sum, id) => sum + (2 * id + 1) / 98_816, 0) / CLIP_CAT.length;
    expect(rounded(vector)).toEqual(rounded(Float32Array.of(1 / Math.hypot(1, mean), mean / Math.hypot(1, mean))));
  });
});

describe("what is no text encoder", () => {
  const tokenizer = bertTokenizer(["liver"]);
  const graph = tableGraph(new Float32Array(10).fill(1), 2, "last_hidden_state");

  test.each<[string, HubFiles, string]>([
    ["a tokenizer that is no JSON", { tokenizer: "{", graph }, "tokenizer.json is no JSON object"],
    ["a tokenizer of another kind", { tokenizer: {}, graph }, "tokenizer.json is of no known kind"],
    ["a graph that is no ONNX", { tokenizer, graph: "x" }, "the graph does not load"],
    ["a graph under another name", { tokenizer, graph, graphName: "vision_model" }, "has none of onnx/text_model.onnx"],
  ])("is refused by what is wrong: %s", async (_, files, reason) => {
    const dir = await hubFolder(files);
    await expect(open(dir)).rejects.toMatchObject({
      code: "InvalidRequest",
      detail: { path: "text-encoder", reason: expect.stringContaining(reason) },
    });
  });

  test("is a folder without files", async () => {
    await expect(open("/nowhere")).rejects.toMatchObject({ detail: { reason: "has no config.json" } });
  });

  test("is a graph whose vectors are not numbers", async () => {
    const encoder = await open(
      await hubFolder({ tokenizer, graph: tableGraph(new Float32Array(10).fill(Number.NaN), 2, "text_embeds") }),
    );
    await expect(encoder.encode(["liver"])).rejects.toMatchObject({
      detail: { reason: expect.stringContaining("not numbers") },
    });
  });

  test("without the tokenizer's package the error says what to install", async () => {
    const dir = await bagOfWords({ liver: [1, 0] });
    vi.doMock("@huggingface/tokenizers", () => {
      throw new Error("Cannot find package");
    });
    vi.resetModules();
    const { tokenizerOf: without } = await import("../../../server/text/encoder.ts");
    await expect(openTextFolder(dir).then(without)).rejects.toMatchObject({
      detail: { reason: expect.stringContaining("npm install @huggingface/tokenizers") },
    });
    vi.doUnmock("@huggingface/tokenizers");
  });
});
