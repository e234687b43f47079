import { z } from "zod";
import { Digest, Plane, Rle, Window } from "./common.ts";
import { Prompt, PromptContext } from "./prompt.ts";

const SliceNumber = z.int().nonnegative();
const ByName = z.boolean().optional().describe("made from a name and nothing else: no hand pointed at it");

/** A volume job: one segment through a stack of slices, from prompts on some of them or from a name. */
export const SegmentationRequest = z.strictObject({
  plane: Plane.default("native"),
  window: Window.optional(),
  model: z.string().max(64).optional(),
  prompts: z
    .array(z.strictObject({ slice: SliceNumber, prompts: z.array(Prompt).min(1).max(512) }))
    .min(1)
    .max(64)
    .optional()
    .describe("several slices may be prompted; between them both directions are blended"),
  masks: z
    .array(z.strictObject({ slice: SliceNumber, rle: Rle, byName: ByName }))
    .min(1)
    .max(512)
    .optional()
    .describe(
      "masks that are settled, as drawn or corrected by hand; beside prompts or instead of them, and never changed",
    ),
  text: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe("a name, asked on every slice of `propagate`; instead of prompts"),
  find: z
    .literal("all")
    .optional()
    .describe(
      "instead of prompts and text: every structure of this kind of image whose name was measured to work, on every slice of `propagate`",
    ),
  where: z
    .literal(true)
    .optional()
    .describe(
      "with `text`: only on which slices the structure is, without masks; for names whose presence was measured",
    ),
  propagate: z
    .strictObject({ from: SliceNumber, to: SliceNumber })
    .optional()
    .describe("first and last slice that may be filled; only the prompted ones when left out"),
  context: PromptContext.optional(),
});
export type SegmentationRequest = z.infer<typeof SegmentationRequest>;

export const JobMask = z.strictObject({
  slice: SliceNumber,
  rle: Rle,
  predictedIou: z.number(),
  origin: z.enum(["given", "prompted", "propagated"]),
  doubtful: z.boolean().describe("worth a look before it is trusted"),
  byName: ByName,
  name: z.string().optional().describe("of its segment, where a job finds several"),
  presence: z.number().min(0).max(1).optional().describe("of the structure found; only with `find`"),
});
export type JobMask = z.infer<typeof JobMask>;

/** Whether a slice shows a structure. */
export const JobPlace = z.strictObject({
  slice: SliceNumber,
  presence: z.number().min(0).max(1),
  shown: z.boolean().describe("presence is as high as was measured on slices that show the structure"),
});
export type JobPlace = z.infer<typeof JobPlace>;

const Voxel = z.tuple([z.int(), z.int(), z.int()]);

/** Of all masks of a segment. Values are HU for CT. */
export const VolumeMeasurements = z.strictObject({
  voxels: z.int().nonnegative(),
  volumeMl: z
    .number()
    .nullable()
    .describe("null without geometry, and of frames in time; each slice counts half the way to its neighbours"),
  areaMm2BySlice: z.record(z.string(), z.number()).nullable(),
  longestDiameter: z.number().describe("in the plane, in `unit`"),
  perpendicularDiameter: z
    .number()
    .describe("across the longest diameter, on the same slice: the short axis of RECIST 1.1"),
  unit: z.enum(["mm", "px"]),
  bounds: z
    .strictObject({ from: Voxel, to: Voxel })
    .nullable()
    .describe("voxel indices [i, j, k], both ends included; null for an empty segment"),
  mean: z.number().nullable(),
  sd: z.number().nullable(),
  min: z.number().nullable(),
  max: z.number().nullable(),
  median: z.number().nullable(),
});
export type VolumeMeasurements = z.infer<typeof VolumeMeasurements>;

export const JobState = z.enum(["queued", "running", "done", "failed", "cancelled"]);
export type JobState = z.infer<typeof JobState>;

/** A job as it stands; masks appear while it runs. */
export const Job = z.strictObject({
  jobId: Digest.describe("of the request: the same request is the same job"),
  imageId: Digest,
  plane: Plane,
  state: JobState,
  progress: z.strictObject({ done: z.int().nonnegative(), total: z.int().nonnegative() }),
  problem: z.strictObject({ code: z.string(), info: z.record(z.string(), z.unknown()) }).optional(),
  segments: z.array(
    z.strictObject({
      name: z.string(),
      masks: z.array(JobMask),
      where: z.array(JobPlace).optional().describe("by slice, with `where` alone"),
      measurements: VolumeMeasurements.optional(),
    }),
  ),
  notice: z.string(),
});
export type Job = z.infer<typeof Job>;
