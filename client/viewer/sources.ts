/** From what is open in a viewer to an image that the server knows. */
import { SegmenterError, toError } from "../../core/errors.ts";
import type { ImageInfo } from "../../core/wire/index.ts";
import type { CallOptions, Segmenter } from "../types.ts";
import { partsOf } from "./multipart.ts";
import { nrrdOf } from "./nrrd.ts";
import type { DicomwebSource, ViewerSource } from "./types.ts";

type Uploads = Pick<Segmenter, "image" | "upload" | "findSeries">;

/**
 * The server's record of what is open; sends the pixels only when they are not there yet. Rejects like `Segmenter.upload`,
 * and with ServerUnreachable when the archive does not answer.
 */
export async function openSource(segmenter: Uploads, source: ViewerSource, call: CallOptions = {}): Promise<ImageInfo> {
  if ("imageId" in source) return segmenter.image(source.imageId, call);
  if ("files" in source) return segmenter.upload(source.files, call);
  if ("voxels" in source) return segmenter.upload(await nrrdOf(source), call);
  const { dicomweb } = source;
  const known = await segmenter.findSeries(dicomweb.series, call);
  return known ?? segmenter.upload(await fetchSeries(dicomweb, call), call);
}

/** Every instance of a series by WADO-RS (PS3.18 10.4), as the archive stores it. */
async function fetchSeries({ url, study, series, fetch }: DicomwebSource, { signal }: CallOptions): Promise<Blob[]> {
  const ask = fetch ?? ((request: Request) => globalThis.fetch(request));
  const base = new URL(url, globalThis.location?.href);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const path = `studies/${encodeURIComponent(study)}/series/${encodeURIComponent(series)}`;
  const headers = { Accept: 'multipart/related; type="application/dicom"; transfer-syntax=*' };
  const unreachable = (status: number, reason: string, cause?: unknown) =>
    new SegmenterError("ServerUnreachable", { status, reason }, { cause });
  const request = new Request(new URL(path, base), signal ? { headers, signal } : { headers });
  const response = await ask(request).catch((thrown: unknown) => {
    signal?.throwIfAborted();
    throw unreachable(0, `archive: ${toError(thrown).message}`, thrown);
  });
  if (!response.ok) throw unreachable(response.status, `archive: ${response.statusText}`);
  const parts = partsOf(new Uint8Array(await response.arrayBuffer()), response.headers.get("Content-Type") ?? "");
  if (parts.length === 0)
    throw unreachable(response.status, "archive: expected multipart/related with DICOM instances");
  return parts.map((part) => new Blob([part]));
}
