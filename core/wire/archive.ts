/** Archives that speak DICOMweb: what is asked of them and what they hold. Answers carry patient data, addresses never do. */
import { z } from "zod";

/** A DICOM UID (PS3.5 9.1). */
export const Uid = z
  .string()
  .max(64)
  .regex(/^[0-9]+(?:\.[0-9]+)*$/);

const ArchiveName = z
  .string()
  .regex(/^[\w.-]{1,64}$/)
  .optional()
  .describe("one of `/v1/archives`; the first when left out");

export const ArchiveInfo = z.strictObject({
  name: z.string(),
  friendlyName: z.string(),
  canStore: z.boolean().describe("results can be sent there"),
});
export type ArchiveInfo = z.infer<typeof ArchiveInfo>;

const page = {
  limit: z.int().min(1).max(200).default(25),
  offset: z.int().min(0).max(1_000_000).default(0),
};
const text = z.string().min(1).max(64);
const DicomDate = z
  .string()
  .regex(/^\d{8}(?:-\d{8})?$/)
  .describe("`20260131`, or a range `20260101-20260131`");

/** What to search for; `*` stands for anything in names. */
export const ArchiveStudiesRequest = z.strictObject({
  archive: ArchiveName,
  patientName: text.optional(),
  patientId: text.optional(),
  accessionNumber: text.optional(),
  studyDate: DicomDate.optional(),
  modality: z
    .string()
    .regex(/^[A-Z]{2,16}$/)
    .optional(),
  study: Uid.optional(),
  ...page,
});
export type ArchiveStudiesRequest = z.infer<typeof ArchiveStudiesRequest>;

const count = z.int().nonnegative().optional();

export const ArchiveStudy = z.strictObject({
  study: Uid.describe("Study Instance UID"),
  patientName: z.string().optional(),
  patientId: z.string().optional(),
  accessionNumber: z.string().optional(),
  studyDate: z.string().optional(),
  description: z.string().optional(),
  modalities: z.array(z.string()),
  seriesCount: count,
  instanceCount: count,
});
export type ArchiveStudy = z.infer<typeof ArchiveStudy>;

export const ArchiveStudies = z.strictObject({
  studies: z.array(ArchiveStudy),
  more: z.boolean().describe("there is another page"),
});
export type ArchiveStudies = z.infer<typeof ArchiveStudies>;

export const ArchiveSeriesRequest = z.strictObject({ archive: ArchiveName, study: Uid, ...page });
export type ArchiveSeriesRequest = z.infer<typeof ArchiveSeriesRequest>;

export const ArchiveSeries = z.strictObject({
  series: Uid.describe("Series Instance UID"),
  modality: z.string(),
  number: z.number().optional(),
  description: z.string().optional(),
  bodyPart: z.string().optional(),
  instanceCount: count,
});
export type ArchiveSeries = z.infer<typeof ArchiveSeries>;

export const ArchiveSeriesList = z.strictObject({ series: z.array(ArchiveSeries), more: z.boolean() });
export type ArchiveSeriesList = z.infer<typeof ArchiveSeriesList>;

/** One series of an archive. */
export const ArchiveSeriesRef = z.strictObject({ archive: ArchiveName, study: Uid, series: Uid });
export type ArchiveSeriesRef = z.infer<typeof ArchiveSeriesRef>;

/** A picture of a series; the larger sides are for looking at while the series comes. */
export const ArchiveThumbnailRequest = ArchiveSeriesRef.extend({
  side: z.int().min(16).max(1024).optional().describe("pixels of the longer side at most; 128 when left out"),
});
export type ArchiveThumbnailRequest = z.infer<typeof ArchiveThumbnailRequest>;

/** What became of each instance that was sent to an archive. */
export const ArchiveStored = z.strictObject({
  stored: z.int().nonnegative(),
  instances: z.array(
    z.strictObject({
      instance: Uid.describe("SOP Instance UID"),
      stored: z.boolean(),
      reason: z.int().optional().describe("failure reason (0008,1197) of the archive"),
    }),
  ),
});
export type ArchiveStored = z.infer<typeof ArchiveStored>;
