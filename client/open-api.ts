/** Who answers a segmenter: a server, or this browser. */
import { type Api, createApi } from "./http/api.ts";
import { createTransport } from "./http/transport.ts";
import { createLocalApi, type LocalApi } from "./local/local-api.ts";
import type { SegmenterOptions } from "./types.ts";

export interface Opened {
  readonly api: Api;
  /** Without a server: this page's own names. */
  readonly names?: LocalApi["names"];
  close(): void;
}

/** The server's routes, or the same answers made here. Throws RangeError when nobody is named who could. */
export async function apiOf({ server, fetch, local }: SegmenterOptions): Promise<Opened> {
  if (server !== null) return { api: createApi(createTransport(server, fetch)), close: () => {} };
  if (!local) throw new RangeError("createSegmenter({ server: null }) expects `local`, got none.");
  const api = await createLocalApi(local);
  return { api, names: api.names, close: api.close };
}
