/** Entry of a process that looks at untrusted bytes. It may be killed at any moment; it owns nothing but its output file. */
import { readFile, stat } from "node:fs/promises";
import { isSegmenterError, SegmenterError, toError } from "../../core/errors.ts";
import { littleEndianBytes } from "../../core/image/dtype.ts";
import { listImages, readImage, readSegments } from "../../formats/index.ts";
import { writeSynced } from "../disk/durable.ts";
import type { Limits } from "../ops/limits.ts";
import { entryBeside } from "../processes/child-handle.ts";
import { serveTasks } from "../processes/serve-tasks.ts";
import { createDecodePool } from "./decode-pool.ts";
import type { ImportTask, ReaderAnswer, ReaderTask, ReadTask } from "./reader.ts";
import { type ImageRecord, recordOf } from "./record.ts";
import { writeResult } from "./result-file.ts";
import { diskError } from "./spool.ts";
import { headsOf, pictureOf } from "./survey.ts";

serveTasks<Limits, ReaderTask, ReaderAnswer>(async (limits) => (task) => run(task, limits).catch(refuse));

async function run(task: ReaderTask, limits: Limits): Promise<ReaderAnswer> {
  switch (task.kind) {
    case "image":
      return { kind: "image", record: await read(task, limits) };
    case "segments":
      return readMasks(task, limits);
    case "file":
      return { kind: "file", ...(await writeResult(task)) };
    case "heads":
      return toFile(task.out, async () => JSON.stringify(await onDisk(async () => headsOf(task.paths, wide(limits)))));
    case "list":
      return toFile(task.out, async () =>
        JSON.stringify(listImages(await contentsOf(task.paths, mostBytes(limits)), { limits: wide(limits) })),
      );
    case "thumbnail":
      return toFile(task.out, async () =>
        pictureOf(
          await readImage(await contentsOf(task.paths, mostBytes(limits)), { limits: wide(limits) }),
          task.side,
        ),
      );
    default:
      return task satisfies never;
  }
}

const mostBytes = (limits: Limits): number => Math.max(limits.uploadBytes, limits.expandedBytes);
const wide = (limits: Limits) => ({ ...limits, fileBytes: mostBytes(limits) });

async function toFile(out: string, make: () => Promise<string | Uint8Array>): Promise<ReaderAnswer> {
  const made = await make();
  const bytes = typeof made === "string" ? new TextEncoder().encode(made) : made;
  await onDisk(() => writeSynced(out, [bytes]));
  return { kind: "written" };
}

const codecs = createDecodePool(entryBeside(import.meta.url, "decode.worker"));

async function read({ paths, out, index }: ReadTask, limits: Limits): Promise<ImageRecord> {
  const files = await contentsOf(paths, Math.max(limits.uploadBytes, limits.expandedBytes));
  const volume = await readImage(files, {
    codecs,
    limits: { ...limits, fileBytes: Math.max(limits.uploadBytes, limits.expandedBytes) },
    ...(index !== undefined && { choose: index }),
  });
  await onDisk(() => writeSynced(out, [littleEndianBytes(volume.data)]));
  return recordOf(volume);
}

function readMasks({ path, target, out }: ImportTask, limits: Limits): Promise<ReaderAnswer> {
  return toFile(out, async () => {
    const [file] = await contentsOf([path], mostBytes(limits));
    return JSON.stringify(await readSegments(file?.bytes ?? new Uint8Array(), target, { limits: wide(limits) }));
  });
}

/** One after the other, so that thousands of slices need one file handle. A study folder of the machine has met no limit yet. */
async function contentsOf(paths: readonly string[], limit: number): Promise<{ bytes: Uint8Array }[]> {
  const files: { bytes: Uint8Array }[] = [];
  let total = 0;
  for (const path of paths) total += await onDisk(async () => (await stat(path)).size);
  if (total > limit) throw new SegmenterError("TooLarge", { what: "files in bytes", value: total, limit });
  for (const path of paths) files.push({ bytes: new Uint8Array(await onDisk(() => readFile(path))) });
  return files;
}

/** What a disk does wrong is not the file's fault. */
const onDisk = <T>(work: () => Promise<T>): Promise<T> => work().catch((thrown) => Promise.reject(diskError(thrown)));

/** Errors of libraries quote what they read, so only their class crosses. */
function refuse(thrown: unknown): never {
  if (isSegmenterError(thrown)) throw thrown;
  const error = toError(thrown);
  if (error instanceof RangeError && /allocation|array length|buffer/i.test(error.message)) {
    throw new SegmenterError("TooLarge", { what: "memory for the image", value: 0, limit: 0 });
  }
  throw new SegmenterError("MalformedFile", { format: "unknown", field: "file", reason: error.name });
}
