/** Project files: out of the library and into it. */
import { maskDigestText, parseLog, serialiseLog } from "../../../core/annotation/log-file.ts";
import { SegmenterError } from "../../../core/errors.ts";
import type { ImageInfo, Rle } from "../../../core/wire/index.ts";
import { digestOf } from "../../common/sha256.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { boundTo, UNNAMED, withoutIdentity } from "./deidentify.ts";
import type { KeptMasks } from "./kept-masks.ts";
import type { Library } from "./library.ts";
import { mergeLogs } from "./merge.ts";
import { PROJECT_SUFFIX, parseProject, serialiseProject } from "./project.ts";
import { workOf } from "./restore.ts";
import { shortId, type Work } from "./work.ts";

export interface ProjectFile {
  readonly name: string;
  readonly text: string;
}

export interface Projects {
  /** Takes in the work of project files; what could not be read is told. Gives the works that were taken in. */
  importProjects(files: readonly File[]): Promise<readonly Work[]>;
  /**
   * The given works as a file; those of the open image when none is given. With the vocabulary's words nothing in it tells
   * of a person.
   */
  projectFile(works?: readonly Work[], deidentify?: ReadonlySet<string>): Promise<ProjectFile | undefined>;
}

export interface ProjectsOptions {
  readonly context: Context;
  readonly opened: Promise<Library | undefined>;
  readonly mask: KeptMasks["mask"];
  /** Adds work on the open image to it; false when another image is open. */
  readonly adopt: (work: Work) => boolean;
}

export function createProjects({ context, opened, mask, adopt }: ProjectsOptions): Projects {
  const { store, notifier } = context;

  const takeIn = async (given: Work) => {
    const work = onOpenImage(given, store.state.image?.info);
    if (adopt(work)) return;
    const library = await opened;
    if (!library) throw new Error(t.keeping.unavailable);
    const mine = await library.get(work.imageId);
    const log = mine ? mergeLogs(parseLog(mine.log), parseLog(work.log)) : parseLog(work.log);
    await library.put({ ...work, log: serialiseLog(log), savedAt: Date.now() }, mine?.revision ?? 0);
  };

  const importOne = async (file: File): Promise<readonly Work[]> => {
    const { works, masks } = parseProject(await file.text());
    await (await opened)?.putMasks(honest(masks));
    for (const work of works) await takeIn(work);
    return works.map((work) => onOpenImage(work, store.state.image?.info));
  };

  return {
    async importProjects(files) {
      const taken: Work[] = [];
      for (const file of files)
        await importOne(file).then(
          (works) => taken.push(...works),
          (thrown: unknown) => notifier.failed(t.errors.project(file.name), thrown),
        );
      return taken;
    },
    async projectFile(works, deidentify) {
      const own = workOf(store.state);
      const chosen = works ?? (own ? [own] : []);
      const [first] = chosen;
      if (!first) return undefined;
      const masks = await masksOf(chosen, mask);
      const written = deidentify ? chosen.map((work) => withoutIdentity(work, deidentify)) : chosen;
      const stem =
        chosen.length > 1 || deidentify
          ? t.work.stem
          : `${first.name.replaceAll(/[^\p{L}\p{N}._-]+/gu, "-")}_${shortId(first.imageId)}`;
      return { name: `${stem}${PROJECT_SUFFIX}`, text: serialiseProject({ works: written, masks }) };
    },
  };
}

/** Work that names no image lies on the open one, when that has its size. Throws DoesNotFit. */
function onOpenImage(work: Work, open: Pick<ImageInfo, "imageId" | "size"> | undefined): Work {
  if (work.imageId !== UNNAMED) return work;
  if (open?.size.join() !== work.size.join())
    throw new SegmenterError("DoesNotFit", { reason: t.work.openFirst(work.size) });
  return boundTo(work, open.imageId);
}

/** The masks that logs of these works hold by digest. A log of a later release may hold them elsewhere: it is handed over as it is. */
async function masksOf(works: readonly Work[], mask: KeptMasks["mask"]): Promise<Record<string, Rle>> {
  const digests = new Set(works.flatMap(({ log }) => log.match(/sha256:[0-9a-f]{64}/g) ?? []));
  const found: Record<string, Rle> = {};
  for (const digest of digests) {
    const rle = await mask(digest).catch(() => undefined);
    if (rle) found[digest] = rle;
  }
  return found;
}

/** Masks that are what their digest says. */
const honest = (masks: Readonly<Record<string, Rle>>): Record<string, Rle> =>
  Object.fromEntries(Object.entries(masks).filter(([digest, rle]) => digestOf(maskDigestText(rle)) === digest));
