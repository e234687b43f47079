/** Text encoders in the hub's layout, small enough to be written by a test: bags of words with the contracts' signatures. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { graphBuilder } from "../../support/onnx.ts";

/** Direction of each word; words of one direction mean the same to the encoder. */
export type Words = Readonly<Record<string, readonly number[]>>;

const SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];

/** As `tokenizer.json` of the BERT family: lower case, word pieces, [CLS] and [SEP] around. */
export function bertTokenizer(words: readonly string[]): object {
  const vocab = Object.fromEntries([...SPECIAL, ...words].map((word, id) => [word, id]));
  return {
    version: "1.0",
    added_tokens: SPECIAL.map((content, id) => ({ id, content, special: true, ...PLAIN })),
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: true,
      strip_accents: null,
      lowercase: true,
    },
    pre_tokenizer: { type: "BertPreTokenizer" },
    post_processor: { type: "BertProcessing", sep: ["[SEP]", 3], cls: ["[CLS]", 2] },
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: {
      type: "WordPiece",
      unk_token: "[UNK]",
      continuing_subword_prefix: "##",
      max_input_chars_per_word: 100,
      vocab,
    },
  };
}

const PLAIN = { single_word: false, lstrip: false, rstrip: false, normalized: false };

/** CLIP's own ids of "a photo of a cat", with all that byte pairs need to reach them. */
export const CLIP_CAT = [49406, 320, 1125, 539, 320, 2368, 49407];

/** As `tokenizer.json` of CLIP, with the few words and merges of one sentence. */
export function clipTokenizer(): object {
  const letters = Object.fromEntries(
    [..."aphotfc"].flatMap((one, n) => [
      [one, n],
      [`${one}</w>`, n + 256],
    ]),
  );
  const vocab = {
    ...letters,
    ph: 900,
    pho: 901,
    to: 902,
    ca: 903,
    "to</w>": 904,
    "a</w>": 320,
    "photo</w>": 1125,
    "of</w>": 539,
    "cat</w>": 2368,
  };
  const added = ["<|startoftext|>", "<|endoftext|>"].map((content, n) => ({
    id: 49406 + n,
    content,
    special: true,
    ...PLAIN,
  }));
  return {
    version: "1.0",
    added_tokens: added,
    normalizer: {
      type: "Sequence",
      normalizers: [
        { type: "NFC" },
        { type: "Replace", pattern: { Regex: "\\s+" }, content: " " },
        { type: "Lowercase" },
      ],
    },
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        {
          type: "Split",
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: "Removed",
          invert: true,
        },
        { type: "ByteLevel", add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: {
      type: "RobertaProcessing",
      sep: ["<|endoftext|>", 49407],
      cls: ["<|startoftext|>", 49406],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true },
    model: {
      type: "BPE",
      unk_token: "<|endoftext|>",
      continuing_subword_prefix: "",
      end_of_word_suffix: "</w>",
      vocab: { ...vocab, "<|startoftext|>": 49406, "<|endoftext|>": 49407 },
      merges: ["p h", "ph o", "t o</w>", "pho to</w>", "o f</w>", "c a", "ca t</w>"],
    },
  };
}

/** A table of directions, looked up by token: `last_hidden_state` of every token, or `text_embeds` of their mean. */
export function tableGraph(table: Float32Array, size: number, output: "last_hidden_state" | "text_embeds"): Uint8Array {
  const g = graphBuilder();
  const ids = g.input("input_ids", ["batch", "sequence"], "int64");
  const rows = g.op("Gather", [g.constant(table, [table.length / size, size]), ids], { axis: 0 });
  if (output === "last_hidden_state") g.output(output, rows, ["batch", "sequence", size]);
  else g.output(output, g.op("ReduceMean", [rows], { axes: [1], keepdims: 0 }), ["batch", size]);
  return g.model();
}

export interface HubFiles {
  readonly tokenizer: object | string;
  readonly config?: object;
  readonly graph: Uint8Array | string;
  readonly graphName?: string;
}

type Later = (end: () => Promise<void>) => void;

/** A folder with these files, until the test is over. */
export async function hubFolder(
  { tokenizer, config = {}, graph, graphName = "model" }: HubFiles,
  later: Later = onTestFinished,
): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "hub-"));
  later(() => rm(dir, { recursive: true, force: true }));
  await mkdir(join(dir, "onnx"));
  const text = (value: object | string) => (typeof value === "string" ? value : JSON.stringify(value));
  await Promise.all([
    writeFile(join(dir, "config.json"), text(config)),
    writeFile(join(dir, "tokenizer.json"), text(tokenizer)),
    writeFile(join(dir, "onnx", `${graphName}.onnx`), graph),
  ]);
  return dir;
}

/** A BERT folder whose words have the given directions. */
export function bagOfWords(words: Words, later?: Later): Promise<string> {
  const size = Object.values(words)[0]?.length ?? 1;
  const rows = [...SPECIAL.map(() => new Array(size).fill(0)), ...Object.values(words)];
  const graph = tableGraph(Float32Array.from(rows.flat()), size, "last_hidden_state");
  return hubFolder({ tokenizer: bertTokenizer(Object.keys(words)), graph }, later);
}
