/** A small archive that speaks DICOMweb over real HTTP, truthfully until a test makes it lie. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { concat, dicom, element, image } from "../../formats/dicom-writer.ts";

export const CT = "1.2.840.10008.5.1.4.1.1.2";
export const STUDY = "1.2.826.0.1.1";
export const SERIES = "1.2.826.0.1.1.1";

export interface StoredFile {
  readonly uid: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** A CT slice as a file, with the identity that an archive needs. */
export function ctSlice(
  n: number,
  { study = STUDY, series = SERIES, side = 16, name = "NOBODY", orientation = "1\\0\\0\\0\\1\\0" } = {},
): StoredFile {
  const uid = `${series}.${n + 1}`;
  const values = Uint16Array.from({ length: side * side }, (_, at) => (at * 7 + n * 31) % 2000);
  const head = [element(0x0008_0016, "UI", CT), element(0x0008_0018, "UI", uid)];
  const [modality, seriesUid, ...rest] = image({
    rows: side,
    columns: side,
    series,
    instance: n + 1,
    position: `0\\0\\${n * 2}`,
    orientation,
    spacing: "1\\1",
    pixels: element(0x7fe0_0010, "OW", new Uint8Array(values.buffer)),
  });
  const patient = [element(0x0010_0010, "PN", name), element(0x0010_0020, "LO", name)];
  return {
    uid,
    bytes: dicom([...head, modality!, ...patient, element(0x0020_000d, "UI", study), seriesUid!, ...rest]),
  };
}

/** Takes over an answer; `false` leaves it to the archive. */
export type Fault = (request: IncomingMessage, response: ServerResponse, url: URL) => boolean;

export interface TestArchive {
  readonly root: string;
  readonly files: StoredFile[];
  /** Every request that came: method, path with query, headers. */
  readonly requests: { readonly method: string; readonly url: string; readonly headers: IncomingMessage["headers"] }[];
  fault: Fault | undefined;
  close(): Promise<void>;
}

const BOUNDARY = "archive-boundary";

/** `multipart/related` as PS3.18 8.6.1 wants it. */
export const multipart = (bytes: Uint8Array): Uint8Array =>
  concat(
    Buffer.from(`\r\n--${BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n`),
    bytes,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  );
export const MULTIPART = `multipart/related; type="application/dicom"; boundary=${BOUNDARY}`;

export async function startArchive(
  files: readonly StoredFile[],
  { study = STUDY, series = SERIES } = {},
): Promise<TestArchive> {
  const archive = { files: [...files], requests: [] as TestArchive["requests"], fault: undefined as Fault | undefined };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://archive");
    archive.requests.push({ method: request.method ?? "", url: request.url ?? "", headers: request.headers });
    if (archive.fault?.(request, response, url)) return;
    answer(url, response, archive.files, { study, series });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(archive, {
    root: `http://127.0.0.1:${port}/dicom-web`,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
}

const value = (vr: string, ...Value: unknown[]) => ({ vr, Value });

function answer(
  url: URL,
  response: ServerResponse,
  files: readonly StoredFile[],
  uids: { study: string; series: string },
) {
  const path = url.pathname.replace("/dicom-web", "");
  const page = <T>(items: readonly T[]) => {
    const offset = Number(url.searchParams.get("offset") ?? 0);
    return items.slice(offset, offset + Number(url.searchParams.get("limit") ?? 100));
  };
  const json = (items: readonly object[]) => {
    response.writeHead(items.length > 0 ? 200 : 204, { "Content-Type": "application/dicom+json" });
    response.end(items.length > 0 ? JSON.stringify(page(items)) : undefined);
  };
  const studies = Array.from({ length: 40 }, (_, n) => ({
    "0020000D": value("UI", n === 0 ? uids.study : `1.2.826.0.1.9.${n}`),
    "00100010": value("PN", { Alphabetic: `CANARY^${n}` }),
    "00081030": value("LO", `CANARY study ${n}`),
    "00080061": value("CS", "CT", "SEG"),
    "00201206": value("IS", "1"),
  }));
  if (path === "/studies") return json(studies);
  const isStudy = path.startsWith(`/studies/${uids.study}/series`);
  if (!isStudy) return json([]);
  if (path.endsWith("/series")) {
    return json([
      { "0020000E": value("UI", uids.series), "00080060": value("CS", "CT"), "00201209": value("IS", files.length) },
    ]);
  }
  if (path.endsWith("/instances")) {
    const known = path.includes(`/series/${uids.series}/`) ? files : [];
    return json(known.map(({ uid }, n) => ({ "00080018": value("UI", uid), "00200013": value("IS", n + 1) })));
  }
  const file = files.find(({ uid }) => path.endsWith(`/instances/${uid}`));
  response.writeHead(file ? 200 : 404, file ? { "Content-Type": MULTIPART } : {});
  response.end(file ? multipart(file.bytes) : undefined);
}
