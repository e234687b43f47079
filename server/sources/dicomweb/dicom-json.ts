/** Answers in the DICOM JSON model (PS3.18 F). What an archive sends is data of a stranger: wrong shapes count as absent. */
import { failed, type UpstreamAnswer } from "./upstream.ts";

/** One data set: tag as eight hex digits → values. */
export type JsonDataSet = Readonly<Record<string, unknown>>;

/** The data sets of a QIDO answer, under a limit of bytes. Throws ArchiveFailed for anything but DICOM JSON. */
export async function readDataSets(answer: UpstreamAnswer, limit: number): Promise<JsonDataSet[]> {
  const { status, type } = answer;
  if (!/^application\/(?:dicom\+)?json\b/i.test(type)) {
    answer.discard();
    const isPage = /html/i.test(type);
    throw failed(isPage ? "it answers with a web page, perhaps a sign-in" : "its answer is not DICOM JSON", status);
  }
  const content = parsed(await boundedBytes(answer, limit));
  const list = Array.isArray(content) ? content : [content];
  if (!list.every(isDataSet)) throw failed("its answer is not DICOM JSON", status);
  return list;
}

async function boundedBytes({ body, status }: UpstreamAnswer, limit: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of body) {
    total += chunk.byteLength;
    if (total > limit) throw failed("its answer is larger than `archiveJsonBytes` allows", status);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw failed("its answer is not JSON", 200, cause);
  }
}

const isDataSet = (value: unknown): value is JsonDataSet =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Values of an attribute; none when it is absent or of another shape. */
export function valuesOf(dataSet: JsonDataSet, tag: string): readonly unknown[] {
  const attribute = dataSet[tag];
  return isDataSet(attribute) && Array.isArray(attribute.Value) ? attribute.Value : [];
}

/** A text that is longer says nothing that a list should show. */
const TEXT_CHARS = 256;

/** First value as text; person names in their alphabetic form (PS3.18 F.2.2). */
export function textOf(dataSet: JsonDataSet, tag: string): string | undefined {
  const [value] = valuesOf(dataSet, tag);
  const text = isDataSet(value) ? value.Alphabetic : value;
  return typeof text === "string" || typeof text === "number"
    ? String(text).slice(0, TEXT_CHARS) || undefined
    : undefined;
}

/** First value as a number; some archives write numbers as text. */
export function numberOf(dataSet: JsonDataSet, tag: string): number | undefined {
  const text = textOf(dataSet, tag);
  const value = Number(text);
  return text !== undefined && Number.isFinite(value) ? value : undefined;
}

/** First value when it is a UID (PS3.5 9.1). */
export function uidOf(dataSet: JsonDataSet, tag: string): string | undefined {
  const text = textOf(dataSet, tag);
  return text !== undefined && text.length <= 64 && /^[0-9]+(?:\.[0-9]+)*$/.test(text) ? text : undefined;
}

/** Items of a sequence. */
export const itemsOf = (dataSet: JsonDataSet, tag: string): JsonDataSet[] => valuesOf(dataSet, tag).filter(isDataSet);
