/** Opens what the server reads by name: series of its folder and of archives, and pictures one after the other. */
import { type Digest, isDigest } from "../../../core/digest.ts";
import { SegmenterError } from "../../../core/errors.ts";
import type {
  ArchiveInfo,
  ArchiveSeries,
  ArchiveSeriesList,
  ArchiveStudies,
  ArchiveStudiesRequest,
  SeriesImage,
  StudyEntry,
  StudySeries,
} from "../../../core/wire/index.ts";
import type { ArchiveSeriesRef, ArchiveThumbnailRequest, Sources } from "../../index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { Images } from "../image/images.ts";
import { shortId } from "../kept/work.ts";
import type { PictureList } from "../state/open-image.ts";

/** Series asked for at once in a list. */
const SERIES_PAGE = 100;

export interface Studies {
  /** Opens what is named, else what the viewer opens by itself. */
  start(named: Named): Promise<void>;
  /** The largest series of images of a study of the first archive, or the one that is named. Rejects when it cannot be asked. */
  openStudy(study: string, series?: string): Promise<void>;
  list(): Promise<readonly StudyEntry[]>;
  archives(): Promise<readonly ArchiveInfo[]>;
  search(request: ArchiveStudiesRequest): Promise<ArchiveStudies>;
  series(at: { archive: string; study: string; offset: number }): Promise<ArchiveSeriesList>;
  /** The images inside of a series. One of an archive is fetched for it. */
  parts(series: string | ArchiveSeriesRef): Promise<readonly SeriesImage[]>;
  /** Archives that take results. */
  stores(): Promise<readonly ArchiveInfo[]>;
  /** Sends a result of the open image; true when the archive has it. */
  send(archive: string, file: Blob): Promise<boolean>;
  thumbnail(series: string | ArchiveThumbnailRequest): Promise<Blob>;
  open(series: StudySeries, index?: number): void;
  openArchived(at: ArchiveSeriesRef, series: ArchiveSeries, index?: number): void;
  /** The neighbour in a list of pictures; `false` when there is none. */
  step(by: 1 | -1): boolean;
  canStep(by: 1 | -1): boolean;
}

/** What an address or a page names. */
export interface Named {
  readonly image?: Digest;
  readonly study?: string;
  readonly series?: string;
}

type Opens = Pick<Images, "openKnown" | "openReference" | "openPicture" | "start">;

export function createStudies({ store, notifier, segmenter }: Context, images: Opens): Studies {
  const sources = async () => (await segmenter()).sources;

  /** Names of series and patients stay out of what the browser keeps. */
  const open: Studies["open"] = (series, index) => {
    const { seriesId, kind, files, modality, size } = series;
    if (kind !== "pictures") {
      const reference = { seriesId, ...(index === undefined ? {} : { index }) };
      return void images.openReference(reference, t.studies.name(modality, size?.[2]));
    }
    openPicture({ source: seriesId, index: index ?? 0, count: files });
  };
  /** The picture that was asked for last, also when it cannot be opened: one that is broken stops nobody. */
  let asked: PictureList | undefined;
  const openPicture = (list: PictureList) => {
    const { source, index } = list;
    asked = list;
    if (typeof source !== "string") return void images.openPicture({ ...list, source });
    void images.openReference({ seriesId: source, index }, t.studies.picture(index + 1), list);
  };
  const openArchived: Studies["openArchived"] = (dicomweb, { modality, instanceCount }, index) => {
    const reference = { dicomweb, ...(index === undefined ? {} : { index }) };
    void images.openReference(reference, t.studies.name(modality, instanceCount));
  };

  const after = (by: 1 | -1): PictureList | undefined => {
    const { list } = store.state;
    if (!list) return undefined;
    const index = (asked?.source === list.source ? asked : list).index + by;
    return index >= 0 && index < list.count ? { ...list, index } : undefined;
  };
  const look = async () => {
    const from = await sources();
    const [studies, archives] = await Promise.all([from.studies(), from.archives()]);
    store.set({ offers: archives.length > 0 || studies.some(({ series }) => series.length > 0) });
    return archives;
  };
  const find = async (study: string, wanted: string | undefined) => {
    const [archive] = await look();
    if (!archive) return undefined;
    const at = { archive: archive.name, study };
    const { series } = await (await sources()).searchSeries({ ...at, limit: SERIES_PAGE, offset: 0 });
    const best = bestOf(series, wanted);
    if (!best) notifier.info(t.studies.notInArchive);
    return best && { at: { ...at, series: best.series }, best };
  };
  const openStudy: Studies["openStudy"] = async (study, wanted) => {
    const found = await find(study, wanted);
    if (!found) throw new SegmenterError("NotInArchive", { what: wanted ? "series" : "study" });
    const { modality, instanceCount } = found.best;
    await images.openReference({ dicomweb: found.at }, t.studies.name(modality, instanceCount));
  };
  const openNamed = async (study: string, series: string | undefined): Promise<void> => {
    const found = await find(study, series);
    return found ? openArchived(found.at, found.best) : images.start();
  };
  return {
    async start({ image, study, series }) {
      if (study === undefined) {
        void look().catch(() => {}); // without an answer there is nothing to offer, and the viewer says so by itself
        return image ? images.openKnown(image, shortId(image)) : images.start();
      }
      await openNamed(study, series).catch((thrown) => {
        notifier.failed(t.errors.open, thrown, { retry: () => void openNamed(study, series) });
        return images.start();
      });
    },
    ...asksOf(sources),
    async send(archive, file) {
      const { image } = store.state;
      if (!image) return false;
      const { instances } = await (await sources()).store({ imageId: image.info.imageId, archive, file });
      return instances.length > 0 && instances.every(({ stored }) => stored);
    },
    open,
    openStudy,
    openArchived,
    canStep: (by) => after(by) !== undefined,
    step(by) {
      const next = after(by);
      if (next) openPicture(next);
      return next !== undefined;
    },
  };
}

type Asks = Pick<Studies, "list" | "archives" | "stores" | "search" | "series" | "parts" | "thumbnail">;

/** What is only asked of the server. */
const asksOf = (sources: () => Promise<Sources>): Asks => ({
  list: async () => (await sources()).studies(),
  archives: async () => (await sources()).archives(),
  stores: async () => (await (await sources()).archives()).filter(({ canStore }) => canStore),
  search: async (request) => (await sources()).searchStudies(request),
  series: async (at) => (await sources()).searchSeries({ ...at, limit: SERIES_PAGE }),
  parts: async (series) => (await sources()).images(series),
  thumbnail: async (series) => (await sources()).thumbnail(series),
});

/** The series that is named, else the one that is most likely meant. */
function bestOf(series: readonly ArchiveSeries[], named: string | undefined): ArchiveSeries | undefined {
  const meant = series.filter((found) => named === undefined || found.series === named);
  return meant.toSorted((a, b) => weight(b) - weight(a))[0];
}

/** `?StudyInstanceUIDs=` and `?SeriesInstanceUIDs=` as OHIF has them, of several the first; `?image=` with a digest. */
export function namedIn(address: string): Named {
  const { searchParams } = new URL(address);
  const uid = (name: string) => {
    const [first] = searchParams.get(name)?.split(",") ?? [];
    return first !== undefined && /^[0-9.]{1,64}$/.test(first) ? first : undefined;
  };
  const [study, series, image] = [uid("StudyInstanceUIDs"), uid("SeriesInstanceUIDs"), searchParams.get("image")];
  return { ...(study && { study }), ...(series && { series }), ...(isDigest(image) && { image }) };
}

/** Images of the body before what is laid over them, then the largest. */
const weight = ({ modality, instanceCount = 0 }: ArchiveSeries): number =>
  (["SEG", "SR", "RTSTRUCT", "RTDOSE", "RTPLAN", "PR", "KO", "DOC"].includes(modality) ? 0 : 1e9) + instanceCount;
