/** The process that looks at untrusted bytes. It may be killed at any moment; it owns nothing but its output file. */
import { readFile, stat } from "node:fs/promises";
import { isSegmenterError, SegmenterError, toError } from "../../core/errors.ts";
import { readImage } from "../../formats/index.ts";
import type { Limits } from "../ops/limits.ts";
import { diskError, writeSynced } from "./files.ts";
import { headerOf } from "./header.ts";
import type { ReadAnswer, ReadJob } from "./reader.ts";
import { littleEndianBytes } from "./voxels.ts";

async function readJob({ paths, out, limits }: ReadJob): Promise<ReadAnswer> {
  await checkSizes(paths, limits);
  const files = await Promise.all(paths.map(async (path) => ({ bytes: new Uint8Array(await readFile(path)) })));
  const volume = await readImage(files, {
    limits: { ...limits, fileBytes: Math.max(limits.uploadBytes, limits.expandedBytes) },
  });
  const header = headerOf(volume);
  await writeSynced(out, [littleEndianBytes(volume.data)]).catch((thrown) => Promise.reject(diskError(thrown)));
  return { ok: true, header };
}

/** Before a byte is read: a study folder of the machine has met no upload limit yet. */
async function checkSizes(paths: readonly string[], { uploadBytes, expandedBytes }: Limits): Promise<void> {
  const sizes = await Promise.all(paths.map(async (path) => (await stat(path)).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const limit = Math.max(uploadBytes, expandedBytes);
  if (total > limit) throw new SegmenterError("TooLarge", { what: "files in bytes", value: total, limit });
}

function refusal(thrown: unknown): ReadAnswer {
  if (isSegmenterError(thrown)) return { ok: false, code: thrown.code, detail: thrown.detail };
  const error = toError(thrown);
  if (error instanceof RangeError && /allocation|array length|buffer/i.test(error.message)) {
    return { ok: false, code: "TooLarge", detail: { what: "memory for the image", value: 0, limit: 0 } };
  }
  return { ok: false, code: "MalformedFile", detail: { format: "unknown", field: "file", reason: error.name } };
}

process.on("message", (job: ReadJob) => {
  readJob(job)
    .catch(refusal)
    .then((answer) => process.send?.(answer));
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
