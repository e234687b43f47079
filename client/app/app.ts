/** Puts the viewer's parts together: one store, its controllers, and the segmenter they share. */

import type { SliceRef } from "../../core/image/slice-ref.ts";
import { createSegmenter, type LocalOptions, type Segmenter, type SegmenterOptions } from "../index.ts";
import { createLogWriter } from "./annotate/log-writer.ts";
import { createMasks, type Masks } from "./annotate/masks.ts";
import { createPreview } from "./annotate/preview.ts";
import { createPrompts } from "./annotate/prompts.ts";
import { createGroupActions } from "./annotate/segment-actions.ts";
import { type Connection, createConnection, type Fetch } from "./context/connection.ts";
import type { Context } from "./context/context.ts";
import { createNotifier } from "./context/notifier.ts";
import { createEdits } from "./edit/edits.ts";
import { createImports } from "./edit/imports.ts";
import { createStrokes } from "./edit/strokes.ts";
import { createExports } from "./export/exports.ts";
import { t } from "./i18n/index.ts";
import { createDetail } from "./image/detail.ts";
import { createEncoder, type Encoder } from "./image/encoder.ts";
import { createImages, type Images } from "./image/images.ts";
import { createViewControls } from "./image/view.ts";
import { createCommands } from "./input/commands.ts";
import type { Controls } from "./input/controls.ts";
import { createShortcuts } from "./input/shortcuts.ts";
import { createKeeper, type Keeper } from "./kept/keeper.ts";
import { openLibrary } from "./kept/library.ts";
import { createMeasures } from "./measure/measures.ts";
import { createFinding } from "./naming/finding.ts";
import { createPhrases } from "./naming/phrases.ts";
import type { OpenImage } from "./state/open-image.ts";
import { encodedRefOf, placeOf } from "./state/places.ts";
import { initialState } from "./state/state.ts";
import { createStore, type Store } from "./state/store.ts";
import { createStudies, type Named } from "./studies/studies.ts";
import { createInterpolation } from "./volume/interpolation.ts";
import { createPropagation } from "./volume/propagation.ts";
import { createReadySurfaces } from "./volume/ready-surfaces.ts";
import type { VolumeWriting } from "./volume/results.ts";
import { createTour } from "./volume/tour.ts";

export interface App extends Controls {
  /** Once: opens what is named, else what the viewer opens by itself; `null` for nothing. */
  start(named: Named | null): void;
  /** Saves the work, then leaves nothing behind: no worker, listener, timer or request. Resolves when all is gone. */
  end(): Promise<void>;
}

export interface AppOptions {
  /** Where pixels go; `null` for nowhere. */
  readonly server: URL | null;
  /** With `server: null`. */
  readonly local?: LocalOptions;
  /** Every request passes through here: credentials, tests. */
  readonly fetch?: Fetch;
  /** Whose keys and dropped files are the viewer's. Default: the document's. */
  readonly scope?: EventTarget;
  /** Where the decoder's worker lies, when it is not where the bundler put it. */
  readonly workerUrl?: URL;
}

/** The viewer without its elements. */
export function createApp({
  server,
  local,
  fetch = (request) => globalThis.fetch(request),
  scope = document,
  workerUrl,
}: AppOptions): App {
  const store = createStore(initialState);
  const ending = new AbortController();
  const ended = ending.signal;
  const notifier = createNotifier(store, ended);
  const connection = createConnection(store, fetch, ended);
  const place = { server, ...(local && { local }), ...(workerUrl && { workerUrl }) };
  const segmenter = segmenterOnce(place, store, connection);
  const context: Context = { store, notifier, connection, segmenter: segmenter.get, ended };

  const encoder = createEncoder(context, () => masks.sync());
  const masks = createMasks(context, {
    embed: ({ at }) => encoder.embeddings.of(at, at.window),
    kept: (digest) => keeper.mask(digest),
    refuse: ({ steps }, refusal) => {
      const last = steps.at(-1)?.action;
      if (last === undefined || !prompts.refuseText(last)) return false;
      phrases.refused(last, refusal);
      return true;
    },
  });
  const keeper = createKeeper(context, openLibrary, () => masks.sync());
  const restart = () => {
    masks.reset();
    masks.sync();
  };
  const onOpen = () => {
    restart();
    propagation.resume();
  };
  const images = createImages(context, { encoder, keeper, onOpen, onMeaning: restart });
  const studies = createStudies(context, images);
  const writing = createWriting(context, { images, masks, keeper, encoder });
  const { prompts, phrases, propagation } = writing;
  const tour = createTour(context, images);
  const preview = createPreview(context);
  const detail = createDetail(context);
  const view = createViewControls(store);
  const exports = createExports(context, { retry: masks.retry, kept: keeper.mask });
  const commands = createCommands({ store, ...writing, images, studies, view, tour, scope });
  const parts = {
    ...{ store, notifier, connection, images, detail, studies, ...writing, preview, view, exports, keeper, commands },
    ...{ tour, server, scope, surfaces: createReadySurfaces(context) },
    pixels: async (place: SliceRef) => (await context.segmenter()).slice(place),
  };

  const start = (named: Named | null) => {
    if (named) void studies.start(named);
    void loadModel(context);
  };
  const end = async () => {
    ending.abort();
    encoder.reset();
    await keeper.end();
    await segmenter.close();
  };
  return {
    ...parts,
    shortcuts: createShortcuts(),
    vocabulary: vocabularyOnce(context),
    namesMeant: meant(context),
    start,
    end,
  };
}

interface Written {
  readonly images: Images;
  readonly masks: Masks;
  readonly keeper: Keeper;
  readonly encoder: Encoder;
}

/** What changes segments and masks, over one writer of the log. */
function createWriting(context: Context, { images, masks, keeper, encoder }: Written) {
  const writer = createLogWriter(context, () => masks.sync(), images.goTo);
  const prompts = createPrompts(context, writer);
  const embed = (image: OpenImage) => encoder.embeddings.of(placeOf(image), encodedRefOf(image).window);
  const phrases = createPhrases(context, { writer, prompts, embed });
  const finding = createFinding(context, { writer, keepMasks: keeper.keepMasks, embed });
  const editing = { writer, keepMasks: keeper.keepMasks };
  const strokes = createStrokes(context, editing);
  const imports = createImports(context, editing);
  const edits = createEdits(context, { ...editing, setSlice: images.setSlice });
  const volume: VolumeWriting = {
    keepMasks: keeper.keepMasks,
    write: (action, text) => writer.actWithUndo([action], text),
  };
  const propagation = createPropagation(context, volume);
  const interpolate = createInterpolation(context, volume);
  const measures = createMeasures(context, writer);
  const groups = createGroupActions(context, writer);
  return { prompts, phrases, finding, measures, groups, strokes, imports, edits, propagation, interpolate };
}

/** What the model can do; asked again when the server is back. */
async function loadModel(context: Context): Promise<void> {
  const { store, notifier, connection, segmenter } = context;
  try {
    const { name, prompts: kinds, heatMap } = (await segmenter()).model;
    store.set({ model: { name, prompts: kinds, heatMap } });
  } catch (thrown) {
    if (!connection.takes(thrown, "model", () => void loadModel(context))) notifier.failed(t.errors.start, thrown);
  }
}

/** Starts the decoder on first use, and again after a failed start. */
function segmenterOnce(
  place: Pick<SegmenterOptions, "server" | "local" | "workerUrl">,
  store: Store,
  { fetch }: Connection,
): { get(): Promise<Segmenter>; close(): Promise<void> } {
  let made: Promise<Segmenter> | undefined;
  return {
    get() {
      made ??= createSegmenter({ ...place, fetch, onStatus: (engine) => store.set({ engine }) }).catch(
        (thrown: unknown) => {
          made = undefined;
          throw thrown;
        },
      );
      return made;
    },
    close: async () => (await made?.catch(() => undefined))?.close(),
  };
}

const meant =
  ({ segmenter }: Context): Controls["namesMeant"] =>
  async (phrase, { modality, task }) => {
    const answer = await (await segmenter())
      .readName(phrase, { modality, ...(task ? { task } : {}) })
      .catch(() => undefined);
    return answer ? [...(answer.known ? [answer.name] : []), ...answer.suggestions] : [];
  };

/** The names that the server knows; none while it does not say them. */
function vocabularyOnce({ segmenter }: Context): Controls["vocabulary"] {
  let asked: ReturnType<Controls["vocabulary"]> | undefined;
  return () => {
    asked ??= segmenter()
      .then((ready) => ready.vocabulary())
      .catch(() => {
        asked = undefined;
        return [];
      });
    return asked;
  };
}
