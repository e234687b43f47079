/** What the server reads by name: series of its folder and of archives. */
import { SegmenterError } from "../../core/errors.ts";
import type { ImageInfo } from "../../core/wire/index.ts";
import type { Sources } from "../types.ts";
import { readEvents } from "./events.ts";
import { failureOf, jsonBody, type Transport, withSignal } from "./transport.ts";

/** `remember` learns of every image that was opened. */
export function createSources(transport: Transport, remember: (info: ImageInfo) => ImageInfo): Sources {
  const get = <T>(path: string, signal?: AbortSignal) => transport.json<T>(path, withSignal({}, signal));
  return {
    studies: (call) => get("v1/studies", call?.signal),
    images: (series, call) =>
      typeof series === "string"
        ? get(`v1/studies/series/${series}`, call?.signal)
        : transport.json("v1/archives/images", jsonBody(series, call?.signal)),
    thumbnail: async (series, call) => {
      const path = typeof series === "string" ? `v1/studies/series/${series}/thumbnail` : "v1/archives/thumbnail";
      const init = typeof series === "string" ? withSignal({}, call?.signal) : jsonBody(series, call?.signal);
      return new Blob([await transport.bytes(path, init)], { type: "image/png" });
    },
    async open(reference, { signal, onProgress } = {}) {
      const init = jsonBody(reference, signal);
      const response = await transport.send("v1/images", {
        ...init,
        headers: { "Content-Type": "application/json", Accept: "text/event-stream" },
      });
      for await (const { event, data } of readEvents(response)) {
        if (event === "progress") onProgress?.(data as { done: number; total: number }); // our own server's event
        if (event === "image") return remember(data as ImageInfo); // so is this
        if (event === "problem") throw failureOf(data, response);
      }
      signal?.throwIfAborted();
      throw new SegmenterError("ServerUnreachable", { status: 0, reason: "the events ended before the image" });
    },
    archives: (call) => get("v1/archives", call?.signal),
    searchStudies: (request, call) => transport.json("v1/archives/studies", jsonBody(request, call?.signal)),
    store: ({ imageId, archive, file }, call) => {
      const init = { method: "POST", headers: { "Content-Type": "application/dicom" }, body: file };
      const path = `v1/images/${imageId}/results?archive=${encodeURIComponent(archive)}`;
      return transport.json(path, withSignal(init, call?.signal));
    },
    searchSeries: (request, call) => transport.json("v1/archives/series", jsonBody(request, call?.signal)),
  };
}
