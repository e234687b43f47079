/** Opens images: files, what the server offers, and what was worked on before. */

import type { Digest } from "../../../core/digest.ts";
import type { ImageInfo, ImageReference } from "../../../core/wire/index.ts";
import type { Study } from "../../index.ts";
import { MASKS, SLICE } from "../context/connection.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { namesNoImage } from "../kept/deidentify.ts";
import type { Keeper } from "../kept/keeper.ts";
import { isProject } from "../kept/project.ts";
import { rememberImage, rememberWarningsRead, warningsRead } from "../kept/session.ts";
import { shortId, type Work } from "../kept/work.ts";
import type { PictureList } from "../state/open-image.ts";
import { FRESH_IMAGE } from "../state/state.ts";
import { createArriving } from "./arriving.ts";
import type { Encoder } from "./encoder.ts";
import { listOf, openFirstReadable, type PictureFiles, pickedOf } from "./file-list.ts";
import { firstOf } from "./first.ts";
import { createLoader } from "./loader.ts";
import { createMoves, type Moves } from "./moves.ts";
import { openImageOf } from "./open-image.ts";
import { partsOf } from "./parts.ts";

export interface Images extends Moves {
  /** Opens what this tab had open, else a study the server was started with, else the latest work. */
  start(): Promise<void>;
  /** Images, and projects among them. Names of files that were left out are said. */
  openFiles(files: readonly File[], leftOut?: readonly string[]): Promise<void>;
  /** One of several files. */
  openPicture(list: PictureFiles): Promise<void>;
  /** An image that the server still has. */
  openKnown(imageId: Digest, name: string): Promise<void>;
  /** A series that the server reads by name. `list` when it is one of several pictures. */
  openReference(reference: ImageReference, name: string, list?: PictureList): Promise<void>;
  /** The reader's warnings of the open image are understood. */
  readWarnings(): void;
  /** Gives up the image that is on its way; the one that is open stays. */
  stop(): void;
  /** What the server offers. */
  studies(): Promise<readonly Study[]>;
}

export interface ImagesOptions {
  readonly encoder: Encoder;
  readonly keeper: Keeper;
  /** Runs after another image has been opened. */
  readonly onOpen: () => void;
  /** Runs when prompts mean something else from now on. */
  readonly onMeaning: () => void;
}

export function createImages(context: Context, { encoder, keeper, onOpen, onMeaning }: ImagesOptions): Images {
  const { store, notifier, connection, segmenter } = context;
  const { load, stop, isLatest } = createLoader(context);
  const arriving = createArriving(context);

  /** The work is read before the image can be clicked, so that it is never begun twice. */
  const show = async (info: ImageInfo, name: string, turn: number, list?: PictureList) => {
    if (!isLatest(turn)) return;
    await keeper.leave();
    if (!isLatest(turn)) return;
    const work = await keeper.enter(info.imageId);
    if (!isLatest(turn)) return;
    encoder.reset();
    connection.forget([SLICE, MASKS]);
    const image = openImageOf(info, work?.name ?? name);
    const fresh = {
      ...FRESH_IMAGE,
      warningsRead: warningsRead(info.imageId),
      dialog: undefined,
      loading: undefined,
      arriving: undefined,
      list,
    };
    store.update((state) => keeper.restored({ ...state, ...fresh, image }, work));
    rememberImage({ imageId: info.imageId, name: image.name });
    onOpen();
    encoder.follow(0);
  };

  const infoOf = async (imageId: Digest) => (await segmenter()).image(imageId);

  const showFirst = async (turn: number) => {
    const first = await firstOf(await segmenter(), keeper);
    if (first) await show(first.info, first.name, turn);
  };

  const openPicture = async (list: PictureFiles, turn: number) => {
    const { files, name, call } = pickedOf(list);
    await show(await (await segmenter()).upload(files, call), name, turn, list);
  };

  const openImages = async (files: readonly File[], turn: number) => {
    const list = listOf(files);
    if (list) return openFirstReadable(list, (one) => openPicture(one, turn));
    const info = await (await segmenter()).upload(files);
    await show(info, files.length === 1 ? files[0].name : t.seriesName(files.length), turn);
    void partsOf(files, info).then(
      (list) => list && isLatest(turn) && store.set({ list }),
      () => {}, // the image is open: at worst there is no list
    );
  };

  const openReference = async ({ reference, name, list }: Asked, turn: number, signal: AbortSignal) => {
    const { sources } = await segmenter();
    const info = await arriving.during(reference, signal, (onProgress) =>
      sources.open(reference, { onProgress, signal }),
    );
    await show(info, name, turn, list);
  };

  const isOpen = ({ imageId }: Work) => imageId === store.state.image?.info.imageId;

  /** The first of these images that the server has; none when it has none of them. */
  const openFirst = async (works: readonly Work[]) => {
    for (const { imageId, name } of works) {
      const info = await infoOf(imageId).catch(() => undefined);
      if (info) return load(t.loadingImage, (turn) => show(info, name, turn));
    }
  };

  return {
    readWarnings: () => readWarnings(context),
    studies: async () => (await segmenter()).studies(),
    ...createMoves(context, encoder, onMeaning),
    start: () => load(t.loadingImage, showFirst),
    async openFiles(files, leftOut = []) {
      const { projects, unnamed, images } = await sorted(files);
      if (files.length === 0 && leftOut.length > 0) return notifier.info(t.errors.noImages(leftOut));
      const named = await keeper.importProjects(projects);
      const failure = images.length === 1 ? t.errors.openFile(images[0].name) : t.errors.open;
      if (images.length > 0) await load(t.loadingUpload(images.length), (turn) => openImages(images, turn), failure);
      else if (!named.some(isOpen)) await openFirst(named);
      const works = [...named, ...(await keeper.importProjects(unnamed))]; // these lie on the image that is open now
      if (works.length > 0) notifier.info(t.work.opened(works.map(titleOf), works.every(isOpen)));
    },
    openPicture(list) {
      const { name } = pickedOf(list);
      return load(t.loadingPicture(name), (turn) => openPicture(list, turn), t.errors.openFile(name));
    },
    openReference: (reference, name, list) =>
      load(t.loadingImage, (turn, signal) => openReference({ reference, name, list }, turn, signal)),
    stop,
    openKnown: (imageId, name) => load(t.loadingImage, async (turn) => show(await infoOf(imageId), name, turn)),
  };
}

interface Asked {
  readonly reference: ImageReference;
  readonly name: string;
  readonly list: PictureList | undefined;
}

function readWarnings({ store }: Context): void {
  const { image } = store.state;
  if (image) rememberWarningsRead(image.info.imageId);
  store.set({ warningsRead: true });
}

const titleOf = ({ name, imageId }: Work): string => `${name} (${shortId(imageId)})`;

async function sorted(files: readonly File[]) {
  const kindOf = async (file: File) => {
    if (!(await isProject(file))) return "image";
    return (await namesNoImage(file)) ? "unnamed" : "project";
  };
  const told = await Promise.all(files.map(async (file) => ({ file, kind: await kindOf(file) })));
  const those = (wanted: "image" | "unnamed" | "project") =>
    told.filter(({ kind }) => kind === wanted).map(({ file }) => file);
  return { projects: those("project"), unnamed: those("unnamed"), images: those("image") };
}
