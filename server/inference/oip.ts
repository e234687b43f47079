/**
 * A graph that runs in an engine elsewhere (KServe, Triton, …), by the Open Inference Protocol v2 over HTTP with its binary
 * tensor extension. It stands where a loaded graph stands, so that preprocessing, checks, queue and deadlines are ours as ever.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { SegmenterError } from "../../core/errors.ts";
import type { Feeds, Session, Tensor } from "../../core/tensor/session.ts";

export interface OipOptions {
  /** `oip://host:port/model`, `oips://…` for TLS. */
  readonly url: string;
  /** Longest answer to one request; the lane's deadline holds besides. */
  readonly answerMs?: number;
}

const ANSWER_MS = 60_000;
const RETRY_MS = 100;
/** After so many failures in a row nothing is asked for a while: a caller then need not wait for a dead engine. */
const BREAKER = { failures: 3, restMs: 5000 };

const Spec = z.object({ name: z.string(), shape: z.array(z.int()), datatype: z.string() });
const Metadata = z.object({ inputs: z.array(Spec).min(1), outputs: z.array(Spec).min(1) });
const Output = Spec.extend({ parameters: z.object({ binary_data_size: z.int().nonnegative() }) });
const Answer = z.object({ outputs: z.array(Output) });

/** The HTTP address of an engine's model. Throws InvalidRequest. */
export function oipAddress(url: string): string {
  const found = /^oip(s?):\/\/([^/?#]+)\/([\w.-]+)$/.exec(url);
  if (!found) throw new SegmenterError("InvalidRequest", { reason: "expected oip://host:port/model", path: "encoder" });
  return `http${found[1]}://${found[2]}/v2/models/${found[3]}`;
}

const away = (attempts: number, cause: unknown) =>
  new SegmenterError("EncoderCrashed", { attempts, retryAfterS: BREAKER.restMs / 1000 }, { cause });

/** Asks the engine for the model's names. Rejects with EncoderCrashed when it does not answer. */
export async function oipSession({ url, answerMs = ANSWER_MS }: OipOptions): Promise<Session> {
  const address = oipAddress(url);
  let failures = 0;
  let restUntil = 0;
  /** Twice, since the work is the same whoever does it; then the caller hears of it. */
  const ask = async <T>(path: string, init: RequestInit, read: (answer: Response) => Promise<T>): Promise<T> => {
    if (performance.now() < restUntil) throw away(0, undefined);
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await fetch(address + path, { ...init, signal: AbortSignal.timeout(answerMs) });
        if (!answer.ok) throw new Error(`The engine answered ${answer.status}.`);
        const value = await read(answer);
        failures = 0;
        return value;
      } catch (cause) {
        if (++failures >= BREAKER.failures) restUntil = performance.now() + BREAKER.restMs;
        if (attempt === 2) throw away(attempt, cause);
        await sleep(RETRY_MS);
      }
    }
  };
  const { inputs, outputs } = await ask("", {}, async (answer) => Metadata.parse(await answer.json()));
  const wanted = outputs.map(({ name }) => ({ name, parameters: { binary_data: true } }));
  return {
    inputNames: inputs.map(({ name }) => name),
    outputNames: outputs.map(({ name }) => name),
    run: (feeds) => ask("/infer", requestOf(feeds, wanted), tensorsOf),
    release: async () => {},
  };
}

const LENGTH = "Inference-Header-Content-Length";

/** JSON that says what follows, then the tensors' little-endian bytes one after the other. */
function requestOf(feeds: Feeds, outputs: readonly object[]): RequestInit {
  const inputs = Object.entries(feeds).map(([name, { type, dims, data }]) => {
    if (type !== "float32") throw new RangeError(`${name}: an engine is sent float32, got ${type}.`);
    return { name, shape: dims, datatype: "FP32", parameters: { binary_data_size: data.byteLength } };
  });
  const id = crypto.randomUUID(); // KServe answers 500 to a request without one
  const header = new TextEncoder().encode(JSON.stringify({ id, inputs, outputs }));
  const parts = Object.values(feeds).map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream", [LENGTH]: String(header.byteLength) },
    body: new Uint8Array(Buffer.concat([header, ...parts])),
  };
}

async function tensorsOf(answer: Response): Promise<Record<string, Tensor>> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const length = Number(answer.headers.get(LENGTH));
  const { outputs } = Answer.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(0, length))));
  let at = length;
  const tensors: Record<string, Tensor> = {};
  for (const { name, shape, datatype, parameters } of outputs) {
    const size = parameters.binary_data_size;
    if (datatype !== "FP32") throw new RangeError(`${name}: expected FP32, got ${datatype}.`);
    if (size !== 4 * shape.reduce((product, dim) => product * dim, 1) || at + size > bytes.byteLength)
      throw new RangeError(`${name}: its bytes do not fit its shape.`);
    tensors[name] = { type: "float32", data: new Float32Array(bytes.slice(at, at + size).buffer), dims: shape };
    at += size;
  }
  return tensors;
}
