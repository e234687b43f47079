/** Every number that bounds what a request may cost. */
import { z } from "zod";
import { SegmenterError } from "../../core/errors.ts";

const MIB = 2 ** 20;
const GIB = 2 ** 30;

/**
 * Every limit of the product with its default; the unit is the last word of the name. Shown at `/v1/limits`. Prompts have
 * the same numbers as upper bounds in `core/wire`, so theirs can only be lowered.
 */
export const DEFAULT_LIMITS = {
  jsonBodyBytes: MIB,
  exportBodyBytes: 32 * MIB,
  uploadBytes: 512 * MIB,
  uploadFiles: 8192,
  expandedBytes: 2 * GIB,
  expansionRatio: 200,
  framePixels: 64_000_000,
  voxels: 2 ** 30,
  frames: 8192,
  dicomElements: 200_000,
  dicomItems: 100_000,
  dicomDepth: 32,
  dicomValueBytes: 16 * MIB,
  promptCount: 512,
  boxCount: 64,
  scribbleVertices: 8192,
  textChars: 512,
  readQueueJobs: 32,
  readImageMs: 120_000,
  readImageBytes: 4 * GIB,
  encodeQueueJobs: 64,
  decodeQueueJobs: 256,
  queueWaitMs: 30_000,
  encodeGpuMs: 15_000,
  encodeCpuMs: 120_000,
  decodeMs: 10_000,
  headersMs: 10_000,
  requestMs: 60_000,
  uploadMs: 300_000,
  folderFiles: 100_000,
  archiveConnectMs: 3000,
  archiveFirstByteMs: 10_000,
  archiveRequestMs: 60_000,
  archiveSeriesMs: 600_000,
  archiveJsonBytes: 16 * MIB,
  archiveRequests: 6,
  socketRequests: 1000,
  connections: 2048,
  tenants: 16,
  drainMs: 30_000,
  images: 4096,
  imageMemoryBytes: GIB,
  imageDiskBytes: 32 * GIB,
  diskFloorBytes: 256 * MIB,
  embeddingMemoryBytes: 512 * MIB,
  embeddingDiskBytes: 16 * GIB,
  logitsMemoryBytes: 64 * MIB,
  jobMemoryBytes: 128 * MIB,
} as const;

export type LimitName = keyof typeof DEFAULT_LIMITS;
export type Limits = { readonly [N in LimitName]: number };

const NAMES = Object.keys(DEFAULT_LIMITS) as LimitName[]; // Object.keys loses the key type

/** The answer of `/v1/limits`. */
export const LimitsResponse = z.strictObject(
  Object.fromEntries(NAMES.map((name) => [name, z.int().positive()])) as Record<LimitName, z.ZodInt>, // fromEntries loses the keys
);

/** `uploadBytes` → `PROMPTOMY_UPLOAD_BYTES`. */
export const limitVariable = (name: LimitName): string =>
  `PROMPTOMY_${name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/** Defaults overridden by `PROMPTOMY_*` variables. Throws InvalidRequest naming the variable that is no positive integer. */
export function limitsFromEnvironment(env: Readonly<Record<string, string | undefined>>): Limits {
  const limits: Record<LimitName, number> = { ...DEFAULT_LIMITS };
  for (const name of NAMES) {
    const text = env[limitVariable(name)];
    if (text === undefined || text === "") continue;
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value <= 0) {
      throw new SegmenterError("InvalidRequest", { reason: "expected a positive integer", path: limitVariable(name) });
    }
    limits[name] = value;
  }
  return limits;
}
