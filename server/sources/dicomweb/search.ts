/** QIDO-RS (PS3.18 10.6): which studies, series and instances an archive has. */
import { SegmenterError } from "../../../core/errors.ts";
import type {
  ArchiveSeries,
  ArchiveSeriesList,
  ArchiveStudies,
  ArchiveStudiesRequest,
  ArchiveStudy,
} from "../../../core/wire/index.ts";
import type { ArchiveConfig } from "./config.ts";
import { type JsonDataSet, numberOf, readDataSets, textOf, uidOf, valuesOf } from "./dicom-json.ts";
import { failed, type Upstream } from "./upstream.ts";

export interface Call {
  readonly token?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Search {
  readonly upstream: Upstream;
  readonly archive: ArchiveConfig;
  readonly jsonBytes: number;
}

type Query = readonly (readonly [name: string, value: string | undefined])[];

/** A page of studies that match. */
export async function searchStudies(search: Search, asked: ArchiveStudiesRequest, call: Call): Promise<ArchiveStudies> {
  const { limit, offset } = asked;
  const found = await query(search, "/studies", studyQuery(asked), { limit: limit + 1, offset, ...call });
  return { studies: unique(found.slice(0, limit).flatMap(studyOf), ({ study }) => study), more: found.length > limit };
}

/** A page of the series of a study. */
export async function searchSeries(
  search: Search,
  { study, limit, offset }: { study: string; limit: number; offset: number },
  call: Call,
): Promise<ArchiveSeriesList> {
  const include = ["00080060", "0008103E", "00200011", "00180015", "00201209"].map(
    (tag) => ["includefield", tag] as const,
  );
  const found = await query(search, `/studies/${study}/series`, include, { limit: limit + 1, offset, ...call });
  return {
    series: unique(found.slice(0, limit).flatMap(seriesOf), ({ series }) => series),
    more: found.length > limit,
  };
}

const INSTANCE_PAGE = 1000;

/**
 * An instance in the middle of a series as the archive orders it, without the list of all: archives take seconds for long
 * ones. `undefined` when the archive does not count, or does not page.
 */
export async function middleInstance(
  search: Search,
  { study, series }: { study: string; series: string },
  call: Call,
): Promise<string | undefined> {
  const asked: Query = [
    ["SeriesInstanceUID", series],
    ["includefield", "00201209"],
  ];
  const [found] = await query(search, `/studies/${study}/series`, asked, { limit: 1, offset: 0, ...call });
  const count = found && uidOf(found, "0020000E") === series ? countOf(found, "00201209") : undefined;
  if (!count) return undefined;
  const path = `/studies/${study}/series/${series}/instances`;
  const [middle] = await query(search, path, [], { limit: 1, offset: count >> 1, ...call });
  return middle && uidOf(middle, "00080018");
}

/** SOP Instance UIDs of a series in the order of their numbers. Throws NotInArchive when there are none, TooLarge beyond `most`. */
export async function listInstances(
  search: Search,
  { study, series, most }: { study: string; series: string; most: number },
  call: Call,
): Promise<string[]> {
  const found = new Map<string, number>();
  for (let offset = 0; ; ) {
    const path = `/studies/${study}/series/${series}/instances`;
    const page = await query(search, path, [["includefield", "00200013"]], { limit: INSTANCE_PAGE, offset, ...call });
    const before = found.size;
    for (const item of page) {
      const uid = uidOf(item, "00080018");
      if (uid) found.set(uid, numberOf(item, "00200013") ?? 0);
    }
    if (found.size > most)
      throw new SegmenterError("TooLarge", { what: "instances of the series", value: found.size, limit: most });
    if (page.length < INSTANCE_PAGE || found.size === before) break; // some archives know no paging and give the same again
    offset += page.length;
  }
  if (found.size === 0) throw new SegmenterError("NotInArchive", { what: "series" });
  return [...found].sort(([, a], [, b]) => a - b).map(([uid]) => uid);
}

function studyQuery(asked: ArchiveStudiesRequest): Query {
  return [
    ["PatientName", asked.patientName],
    ["PatientID", asked.patientId],
    ["AccessionNumber", asked.accessionNumber],
    ["StudyDate", asked.studyDate],
    ["ModalitiesInStudy", asked.modality],
    ["StudyInstanceUID", asked.study],
    ["includefield", "00081030"],
    ["includefield", "00080061"],
    ["includefield", "00201206"],
    ["includefield", "00201208"],
  ];
}

async function query(
  { upstream, archive, jsonBytes }: Search,
  path: string,
  parameters: Query,
  { limit, offset, token, signal }: Call & { limit: number; offset: number },
): Promise<JsonDataSet[]> {
  const given = parameters.filter(([, value]) => value !== undefined) as [string, string][]; // the filter has just told
  const text = new URLSearchParams([...given, ["limit", String(limit)], ["offset", String(offset)]]);
  const accept = "application/dicom+json, application/json;q=0.5";
  const answer = await upstream.send({ url: `${archive.qidoRoot}${path}?${text}`, accept, token, signal });
  if (answer.status === 200 || answer.status === 206) return readDataSets(answer, jsonBytes);
  answer.discard();
  // A study may be gone; the list of studies itself is missing only where the archive is not.
  if (answer.status === 404 && path === "/studies") throw failed("there are no studies at this address", 404);
  if (answer.status === 204 || answer.status === 404) return [];
  throw refusalOf(answer.status);
}

/** What a status of the archive means for our caller. */
export function refusalOf(status: number): SegmenterError {
  if (status === 401 || status === 403) return new SegmenterError("ArchiveDenied", { status });
  return failed(status >= 500 ? "it reports a fault of its own" : "it refuses the request", status);
}

function studyOf(item: JsonDataSet): ArchiveStudy[] {
  const study = uidOf(item, "0020000D");
  if (!study) return [];
  const modalities = valuesOf(item, "00080061").flatMap((value) => modalityOf(value));
  return [
    {
      study,
      ...optional({
        patientName: textOf(item, "00100010")?.replaceAll("^", " ").trim(),
        patientId: textOf(item, "00100020"),
        accessionNumber: textOf(item, "00080050"),
        studyDate: textOf(item, "00080020"),
        description: textOf(item, "00081030"),
        seriesCount: countOf(item, "00201206"),
        instanceCount: countOf(item, "00201208"),
      }),
      modalities,
    },
  ];
}

function seriesOf(item: JsonDataSet): ArchiveSeries[] {
  const series = uidOf(item, "0020000E");
  if (!series) return [];
  const [modality = "OT"] = modalityOf(textOf(item, "00080060"));
  return [
    {
      series,
      modality,
      ...optional({
        number: numberOf(item, "00200011"),
        description: textOf(item, "0008103E"),
        bodyPart: textOf(item, "00180015"),
        instanceCount: countOf(item, "00201209"),
      }),
    },
  ];
}

const modalityOf = (value: unknown): string[] =>
  typeof value === "string" && /^[A-Z]{2,16}$/.test(value) ? [value] : [];

function countOf(item: JsonDataSet, tag: string): number | undefined {
  const value = numberOf(item, tag);
  return value !== undefined && Number.isInteger(value) && value >= 0 ? value : undefined;
}

/** Without what is undefined. */
function optional<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>; // fromEntries loses the keys
  };
}

const unique = <T>(items: readonly T[], key: (item: T) => string): T[] => [
  ...new Map(items.map((item) => [key(item), item])).values(),
];
