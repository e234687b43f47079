/**
 * A graph that runs in an engine elsewhere: KServe, Triton, another Promptomy, by the Open Inference Protocol v2 over HTTP
 * with its binary tensor extension. It stands where a loaded graph stands, so that preprocessing, checks, queue and
 * deadlines are ours as ever.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Digest } from "../../core/digest.ts";
import { isSegmenterError, SegmenterError } from "../../core/errors.ts";
import type { Session } from "../../core/tensor/session.ts";
import { EngineModel } from "../../core/wire/index.ts";
import { readTensors, writeTensors } from "./oip-message.ts";

/** Where the encoder runs instead. */
export interface EngineAt {
  /** `oip://host:port/model`, or the `http://host:port` of another Promptomy; `oips://` and `https://` for TLS. */
  readonly url: string;
  /** API key or token of another Promptomy. */
  readonly key?: string | undefined;
}

/** An encoder by name and content. */
export interface EncoderName {
  readonly id: string;
  readonly digest: Digest;
}

/** KServe writes null for what it does not know. */
const Tensors = EngineModel.pick({ inputs: true, outputs: true });

const ANSWER_MS = 60_000;
const FIRST_LOOK_MS = 5000;
const RETRY_MS = 100;
/** After so many failures in a row nothing is asked for a while: a caller then need not wait for a dead engine. */
const BREAKER = { failures: 3, restMs: 5000 };

/** Whether the engine is another Promptomy, which knows models by name and content. */
export const isPromptomy = (url: string): boolean => /^https?:/.test(url);

/** The HTTP address of an encoder in an engine. Throws InvalidRequest for a URL that is none. */
export function engineAddress(url: string, { id, digest }: EncoderName): string {
  const oip = /^oip(s?):\/\/([^/?#@]+)\/([\w.-]+)$/.exec(url);
  if (oip) return `http${oip[1]}://${oip[2]}/v2/models/${oip[3]}`;
  if (!/^https?:\/\/[^/?#@]+(?:\/[\w.-]+)*\/?$/.test(url)) {
    const reason = "expected oip://host:port/model, or http://host:port of another Promptomy";
    throw new SegmenterError("InvalidRequest", { reason, path: "encoder" });
  }
  return `${url.replace(/\/$/, "")}/v2/models/${id}/versions/${digest.slice("sha256:".length)}`;
}

/**
 * Another Promptomy must have this very encoder: told at the start, where somebody reads it. One that does not answer now may
 * do so later. Throws InvalidRequest.
 */
export async function refuseOtherEncoder({ url, key }: EngineAt, encoder: EncoderName): Promise<void> {
  const address = engineAddress(url, encoder);
  if (!isPromptomy(url)) return;
  const init = { headers: signedBy(key), signal: AbortSignal.timeout(FIRST_LOOK_MS) };
  const answer = await fetch(address, init).catch(() => undefined);
  await answer?.body?.cancel();
  const refusals: Readonly<Record<number, string>> = {
    404: `${url} has no model ${encoder.id} with the encoder ${encoder.digest}, or is no Promptomy of this release`,
    401: `${url} wants PROMPTOMY_ENCODER_KEY`,
  };
  const reason = refusals[answer?.status ?? 0];
  if (reason) throw new SegmenterError("InvalidRequest", { reason, path: "encoder" });
}

/** The encoder as a session. Rejects with EncoderCrashed when the engine does not answer, Saturated when it is full, ModelMismatch. */
export async function engineSession(
  { url, key }: EngineAt,
  encoder: EncoderName,
  answerMs = ANSWER_MS,
): Promise<Session> {
  const ask = asking(engineAddress(url, encoder), signedBy(key), {
    answerMs,
    mismatch: isPromptomy(url) ? encoder : undefined,
  });
  const { inputs, outputs } = await ask("", {}, async (answer) => Tensors.parse(await answer.json()));
  const wanted = outputs.map(({ name }) => ({ name, parameters: { binary_data: true } }));
  return {
    inputNames: inputs.map(({ name }) => name),
    outputNames: outputs.map(({ name }) => name),
    run(feeds) {
      // KServe answers 500 to a request without an id.
      const message = writeTensors("inputs", feeds, { id: crypto.randomUUID(), outputs: wanted });
      return ask("/infer", { method: "POST", ...message }, async (answer) =>
        readTensors("outputs", new Uint8Array(await answer.arrayBuffer()), answer.headers),
      );
    },
    release: async () => {},
  };
}

const signedBy = (key: string | undefined): Record<string, string> =>
  key === undefined ? {} : { Authorization: `Bearer ${key}` };

const away = (attempts: number, cause: unknown) =>
  new SegmenterError("EncoderCrashed", { attempts, retryAfterS: BREAKER.restMs / 1000 }, { cause });

type Ask = <T>(path: string, init: RequestInit, read: (answer: Response) => Promise<T>) => Promise<T>;

interface Asking {
  readonly answerMs: number;
  /** Whom 404 means that is there no longer. */
  readonly mismatch: EncoderName | undefined;
}

/** Each question twice, since the work is the same whoever does it; then the caller hears of it. */
function asking(address: string, signed: Record<string, string>, { answerMs, mismatch }: Asking): Ask {
  let failures = 0;
  let restUntil = 0;
  return async (path, { headers, ...init }, read) => {
    if (performance.now() < restUntil) throw away(0, undefined);
    for (let attempt = 1; ; attempt++) {
      try {
        const signal = AbortSignal.timeout(answerMs);
        const answer = await fetch(address + path, { ...init, headers: { ...signed, ...headers }, signal });
        if (!answer.ok) await refused(answer, mismatch);
        const value = await read(answer);
        failures = 0;
        return value;
      } catch (cause) {
        const lives = isSegmenterError(cause); // it answered, and said why not
        if (!lives && ++failures >= BREAKER.failures) restUntil = performance.now() + BREAKER.restMs;
        if (isSegmenterError(cause, "ModelMismatch")) throw cause;
        if (attempt === 2) throw lives ? cause : away(attempt, cause);
        await sleep(RETRY_MS);
      }
    }
  };
}

/** Why an engine refuses, in our words. */
async function refused(answer: Response, mismatch: EncoderName | undefined): Promise<never> {
  await answer.body?.cancel();
  const { status, headers } = answer;
  if (status === 404 && mismatch) throw new SegmenterError("ModelMismatch", { expected: mismatch.digest, got: "none" });
  const retryAfterS = Number(headers.get("Retry-After") ?? 0);
  if ((status === 503 || status === 429) && retryAfterS > 0) throw new SegmenterError("Saturated", { retryAfterS });
  throw new Error(`The engine answered ${status}.`);
}
