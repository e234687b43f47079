/** The configured archives as one service. */
import { SegmenterError } from "../../../core/errors.ts";
import type {
  ArchiveInfo,
  ArchiveSeriesList,
  ArchiveSeriesRequest,
  ArchiveStored,
  ArchiveStudies,
  ArchiveStudiesRequest,
} from "../../../core/wire/index.ts";
import type { Limits } from "../../ops/limits.ts";
import type { ArchiveConfig } from "./config.ts";
import { type Retrieval, retrieveSeries } from "./retrieve.ts";
import { type Call, type Search, searchSeries, searchStudies } from "./search.ts";
import { type Instance, storeInstances } from "./store.ts";
import { createUpstream } from "./upstream.ts";

/** Every call may throw UnknownArchive, ArchiveDenied, ArchiveFailed, ArchiveTimeout and Cancelled. */
export interface Archives {
  list(): readonly ArchiveInfo[];
  studies(request: ArchiveStudiesRequest, call?: Call): Promise<ArchiveStudies>;
  series(request: ArchiveSeriesRequest, call?: Call): Promise<ArchiveSeriesList>;
  /** Files of a series into a folder. Throws NotInArchive and TooLarge too. */
  retrieve(request: Retrieval & { archive?: string | undefined }): Promise<string[]>;
  store(
    request: { archive?: string | undefined; study: string; instances: readonly Instance[] },
    call?: Call,
  ): Promise<ArchiveStored>;
  close(): void;
}

/** Nothing is asked of an archive before somebody calls. */
export function createArchives(configs: readonly ArchiveConfig[], limits: Limits): Archives {
  const upstream = createUpstream(limits);
  const find = (name: string | undefined): Search => {
    const archive = name === undefined ? configs[0] : configs.find((config) => config.name === name);
    if (!archive) throw new SegmenterError("UnknownArchive", { archive: name ?? "" });
    return { upstream, archive, jsonBytes: limits.archiveJsonBytes };
  };
  const allowed = ({ archive }: Search, { token, signal }: Call): Call => ({
    signal,
    token: archive.passToken ? token : undefined,
  });
  return {
    list: () =>
      configs.map(({ name, friendlyName, stowRoot }) => ({ name, friendlyName, canStore: stowRoot !== undefined })),
    studies: async (request, call = {}) => {
      const search = find(request.archive);
      return searchStudies(search, request, allowed(search, call));
    },
    series: async (request, call = {}) => {
      const search = find(request.archive);
      return searchSeries(search, request, allowed(search, call));
    },
    retrieve: async ({ archive, ...request }) => {
      const search = find(archive);
      return retrieveSeries(search, { ...request, ...allowed(search, request) }, limits);
    },
    store: async ({ archive, study, instances }, call = {}) => {
      const search = find(archive);
      return storeInstances(search, study, instances, allowed(search, call));
    },
    close: upstream.close,
  };
}
