/** What a text names: the vocabulary, and for what it does not know a text encoder's idea of what may be meant. */
import { LRUCache } from "lru-cache";
import { MAX_LETTERS, type ResolveOptions, type Vocabulary } from "../../core/text/vocabulary.ts";
import type { TextPromptAnswer } from "../../core/wire/index.ts";
import { shareCores, usableCores } from "../inference/cores.ts";
import type { Observe } from "../ops/events.ts";
import { entryBeside, startChild } from "../processes/child-handle.ts";
import { Lane } from "../processes/lane.ts";
import type { TextResult, TextSetup, TextTask } from "./protocol.ts";

export interface NameService {
  /** As `Vocabulary.resolve`; suggestions are also ranked by meaning where there is a text encoder. Never rejects. */
  resolve(text: string, options?: Omit<ResolveOptions, "meaning">): Promise<TextPromptAnswer>;
  /** `NoTextEncoder`: it is there and has died or is late, and suggestions are spelling guesses for now. */
  degraded(): readonly string[];
  close(options: { graceMs: number }): Promise<void>;
}

export interface NameServiceOptions {
  readonly vocabulary: Vocabulary;
  /** Folder of a text encoder; without one only letters are compared. */
  readonly encoder: string | undefined;
  readonly cacheDir: string;
  readonly observe: Observe;
}

type TextLane = Lane<TextTask, TextResult>;

/** Every name is encoded once; a minute for CLIP on two busy cores. */
const LEARN_MS = 600_000;
/** A phrase takes 5 to 30 ms. Whoever waits longer gets spelling guesses. */
const PHRASE_MS = 3000;
const QUEUE = 64;
/** Phrases whose answer is remembered. */
const KEPT = 512;

/** Starts the encoder and lets it read every name. Rejects with InvalidRequest when the folder is no text encoder. */
export async function createNameService(options: NameServiceOptions): Promise<NameService> {
  const { vocabulary } = options;
  if (options.encoder === undefined) return spellingOnly(vocabulary);
  const lane = openLane({ ...options, dir: options.encoder });
  await lane.submit({ run: (child) => child.run({ kind: "learn" }) }).catch(async (thrown: unknown) => {
    await lane.close({ graceMs: 0 });
    throw thrown;
  });
  const meanings = new LRUCache<string, ReadonlyMap<string, number>>({ max: KEPT });
  let late = false;
  const meaningOf = async (text: string) => {
    const known = meanings.get(text);
    if (known) return known;
    const asked = {
      run: (child: Parameters<Parameters<TextLane["submit"]>[0]["run"]>[0]) => child.run({ kind: "meaning", text }),
    };
    const { result } = await lane.submit(asked, { deadlineMs: PHRASE_MS });
    const meaning = new Map(Object.entries(result));
    meanings.set(text, meaning);
    return meaning;
  };
  return {
    async resolve(text, said) {
      const spelt = vocabulary.resolve(text, said);
      if (spelt.known || spelt.untaught !== undefined || text.length > MAX_LETTERS) return spelt;
      try {
        const meaning = await meaningOf(text);
        late = false;
        return vocabulary.resolve(text, { ...said, meaning });
      } catch {
        late = true;
        return spelt;
      }
    },
    degraded: () => (late ? ["NoTextEncoder"] : []),
    close: (grace) => lane.close(grace),
  };
}

const spellingOnly = (vocabulary: Vocabulary): NameService => ({
  resolve: async (text, options) => vocabulary.resolve(text, options),
  degraded: () => [],
  close: async () => {},
});

function openLane({ vocabulary, cacheDir, observe, dir }: NameServiceOptions & { readonly dir: string }): TextLane {
  const setup: TextSetup = {
    dir,
    called: vocabulary.sayings,
    cacheDir,
    threads: shareCores(usableCores(), false).decoderThreads,
  };
  const entry = entryBeside(import.meta.url, "child");
  return new Lane<TextTask, TextResult>({
    name: "text",
    slots: 1,
    queue: QUEUE,
    waitMs: LEARN_MS,
    runMs: LEARN_MS,
    start: () => startChild<TextSetup, TextTask, TextResult>({ name: "text encoder", entry, setup }),
    observe,
  });
}
