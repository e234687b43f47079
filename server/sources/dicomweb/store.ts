/** STOW-RS (PS3.18 10.5): results to the archive, with what became of each. */
import { randomUUID } from "node:crypto";
import type { ArchiveStored } from "../../../core/wire/index.ts";
import { itemsOf, numberOf, readDataSets, uidOf } from "./dicom-json.ts";
import { type Call, refusalOf, type Search } from "./search.ts";
import { failed } from "./upstream.ts";

export interface Instance {
  readonly instance: string;
  /** A whole DICOM file. */
  readonly bytes: Uint8Array;
}

const FAILED_SEQUENCE = "00081198";
const STORED_SEQUENCE = "00081199";
const INSTANCE = "00081155";
const REASON = "00081197";

/** 200 and 202 name what was stored and what was not; 409 says that nothing was. */
const WITH_OUTCOME = new Set([200, 202, 409]);

/** Sends instances to a study. It is asked once: a second try could store twice. Throws ArchiveDenied, ArchiveFailed, ArchiveTimeout. */
export async function storeInstances(
  search: Search,
  study: string,
  instances: readonly Instance[],
  call: Call,
): Promise<ArchiveStored> {
  const { stowRoot } = search.archive;
  if (stowRoot === undefined) throw failed("it has no `stowRoot`: nothing can be sent there");
  const boundary = randomUUID();
  const type = `multipart/related; type="application/dicom"; boundary=${boundary}`;
  const body = { type, bytes: multipartOf(instances, boundary) };
  const url = `${stowRoot}/studies/${study}`;
  const answer = await search.upstream.send({ url, method: "POST", accept: "application/dicom+json", body, ...call });
  if (!WITH_OUTCOME.has(answer.status)) {
    answer.discard();
    throw refusalOf(answer.status);
  }
  const [said = {}] = await readDataSets(answer, search.jsonBytes);
  const stored = new Set(itemsOf(said, STORED_SEQUENCE).map((item) => uidOf(item, INSTANCE)));
  const reasons = new Map(
    itemsOf(said, FAILED_SEQUENCE).map((item) => [uidOf(item, INSTANCE), numberOf(item, REASON)]),
  );
  const outcomes = instances.map(({ instance }) => {
    const reason = reasons.get(instance);
    const isStored = stored.has(instance) && !reasons.has(instance);
    return { instance, stored: isStored, ...(reason === undefined ? {} : { reason }) };
  });
  return { stored: outcomes.filter(({ stored }) => stored).length, instances: outcomes };
}

function multipartOf(instances: readonly Instance[], boundary: string): Uint8Array {
  const encoder = new TextEncoder();
  const parts = instances.flatMap(({ bytes }) => [
    encoder.encode(`--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`),
    bytes,
    encoder.encode("\r\n"),
  ]);
  return Buffer.concat([...parts, encoder.encode(`--${boundary}--\r\n`)]);
}
