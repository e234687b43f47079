import { readFile } from "node:fs/promises";
import type { Digest } from "../../core/digest.ts";
import { SegmenterError, toError } from "../../core/errors.ts";
import { sha256 } from "../disk/sha256.ts";
import { unsafeOnnx } from "./onnx-walk.ts";

/** A file of a model folder with what its bytes must be. */
export interface ModelFile {
  readonly modelId: string;
  /** As the manifest spells it. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  readonly digest: Digest;
}

/** The bytes of a model file, if they are the manifest's and, for a graph, safe to load. Throws ModelCorrupt. */
export async function readVerified(file: ModelFile): Promise<Uint8Array<ArrayBuffer>> {
  const refuse = (reason: string, cause?: Error): SegmenterError =>
    new SegmenterError("ModelCorrupt", { modelId: file.modelId, file: file.name, reason }, cause && { cause });
  const bytes = await readFile(file.path).catch((thrown: unknown) => {
    throw refuse("cannot be read", toError(thrown));
  });
  const reason = mismatch(bytes, file) ?? (file.name.endsWith(".onnx") ? unsafeOnnx(bytes) : undefined);
  if (reason) throw refuse(reason);
  return bytes;
}

/** Why these bytes are not the manifest's, in words that say what happened to the file. */
function mismatch(found: Uint8Array, { bytes, digest }: ModelFile): string | undefined {
  if (found.byteLength === 0) return "is empty";
  if (found.byteLength === bytes && sha256(found) === digest) return undefined;
  const head = Buffer.from(found.subarray(0, 256)).toString("latin1").trimStart().toLowerCase();
  if (head.startsWith("version https://git-lfs.github.com/spec/")) return "is a Git LFS pointer, run `git lfs pull`";
  if (head.startsWith("<!doctype html") || head.startsWith("<html")) return "is an HTML page";
  if (found.byteLength < bytes) return `is cut short: ${found.byteLength} of ${bytes} bytes`;
  if (found.byteLength > bytes) return `is too long: ${found.byteLength} instead of ${bytes} bytes`;
  return "has the right length but other content than its digest says";
}
