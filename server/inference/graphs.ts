/** Model files as sessions of ONNX Runtime. */
import * as ort from "onnxruntime-node";
import { SegmenterError } from "../../core/errors.ts";
import { createDecoder, type Decoder } from "../../core/model/decoder.ts";
import { createEncoder, type Encoder } from "../../core/model/encoder.ts";
import { createHeatMap, type HeatMap } from "../../core/model/heat-map.ts";
import { ortSession } from "../../core/tensor/ort-session.ts";
import type { Session } from "../../core/tensor/session.ts";
import type { GraphName, Model } from "../models/registry.ts";
import { openTokenizer } from "../models/tokenizer.ts";
import { readVerified } from "../models/verify.ts";
import { type EngineAt, engineSession } from "./oip.ts";
import type { Provider } from "./protocol.ts";

/** Where and how wide a session computes. */
export interface SessionPlace {
  readonly provider: Provider;
  readonly threads: number;
  /** Where the encoder runs instead. */
  readonly remote?: EngineAt | undefined;
}

/** ONNX Runtime's numbering: 3 = errors only. Its warnings would fill the log of a server. */
const LOG_ERRORS = 3;

/** Reads, verifies and loads one graph: the very bytes that were hashed are those that run. */
export async function openGraph(model: Model, name: GraphName, place: SessionPlace): Promise<Session> {
  const file = model.graphs[name];
  if (!file) throw new SegmenterError("FileNotFound", { name });
  return openSession(await readVerified(file), place);
}

/** Loads a graph as all of this server are run. Rejects with the runtime's error. */
export const openSession = (bytes: Uint8Array, { provider, threads }: SessionPlace): Promise<Session> =>
  ortSession(ort, bytes, {
    executionProviders: [provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: LOG_ERRORS,
    // Spinning threads take the cores from the other lane: 171 → 128 ms for a decode on two busy cores.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });

export async function openEncoder(model: Model, place: SessionPlace): Promise<Encoder> {
  const { remote } = place;
  const encoder = await (remote
    ? engineSession(remote, { id: model.id, digest: model.graphs.encoder.digest })
    : openGraph(model, "encoder", place));
  return createEncoder({ manifest: model.manifest, encoder });
}

/** The decoder with what it may need beside it. */
export async function openDecoder(model: Model, place: SessionPlace): Promise<Decoder> {
  const optional = (name: GraphName) => (model.graphs[name] ? openGraph(model, name, place) : undefined);
  const { text } = model.tokenizers;
  const [decoder, prepare, textEncoder, tokenize] = await Promise.all([
    openGraph(model, "decoder", place),
    optional("prepare"),
    optional("textEncoder"),
    text && openTokenizer(text),
  ]);
  return createDecoder({ manifest: model.manifest, decoder, prepare, textEncoder, tokenize });
}

/** On the CPU: it runs seldom, and no provider was tried on it. */
export async function openHeatMap(model: Model, { threads }: SessionPlace): Promise<HeatMap> {
  const { heatMap: tokenizer } = model.tokenizers;
  if (!tokenizer) throw new SegmenterError("FileNotFound", { name: "heatMap" });
  const [session, tokenize] = await Promise.all([
    openGraph(model, "heatMap", { provider: "cpu", threads }),
    openTokenizer(tokenizer),
  ]);
  return createHeatMap(model.manifest, { session, tokenize });
}

/** Providers that this build of onnxruntime-node carries. */
export const bundledProviders = (): readonly string[] =>
  ort.listSupportedBackends().flatMap(({ name, bundled }) => (bundled ? [name] : []));
