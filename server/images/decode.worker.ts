/** Entry of a thread that decodes frames. */
import { parentPort } from "node:worker_threads";
import { packError } from "../../core/packed-error.ts";
import { decodeWithWasm } from "../../formats/index.ts";
import type { DecodeAnswer, DecodeTask } from "./decode-pool.ts";

parentPort?.on("message", async ({ id, name, encoded }: DecodeTask) => {
  try {
    const decoded = await decodeWithWasm(name, encoded);
    parentPort?.postMessage({ id, decoded } satisfies DecodeAnswer, [decoded.bytes.buffer]);
  } catch (thrown) {
    parentPort?.postMessage({ id, error: packError(thrown) } satisfies DecodeAnswer);
  }
});
