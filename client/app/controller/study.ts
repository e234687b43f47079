/** Opens studies and moves through them. */

import { emptyLog } from "../../../core/annotation/log.ts";
import type { Digest } from "../../../core/digest.ts";
import type { NamedWindow, Plane } from "../../../core/image/volume.ts";
import type { ImageInfo, PlaneInfo } from "../../../core/wire/index.ts";
import { t } from "../i18n.ts";
import { sameWindow } from "../state/places.ts";
import type { OpenStudy, State } from "../state/state.ts";
import type { Context } from "./context.ts";
import type { Encoder } from "./encoder.ts";
import { readSaved, restoreSaved, type Saved } from "./persist.ts";

export interface Studies {
  /** Opens what this tab had open, else the server's first study. */
  start(): Promise<void>;
  openFiles(files: readonly File[]): Promise<void>;
  setPlane(plane: Plane): void;
  setSlice(slice: number): void;
  step(by: number): void;
  setWindow(window: NamedWindow): void;
  /** Makes the display window the encoded one. */
  reencode(): void;
}

interface StudyRef {
  readonly imageId: Digest;
  readonly name: string;
}

/** `onOpen` runs after another study has been opened. */
export function createStudies(context: Context, encoder: Encoder, onOpen: () => void): Studies {
  const { store, notifier, transport, segmenter } = context;

  const show = (info: ImageInfo, name: string, saved?: Saved) => {
    encoder.reset();
    store.update((state) => ({ ...state, ...FRESH_SESSION, loading: undefined, study: studyOf(info, name) }));
    if (saved) store.update((state) => restoreSaved(state, saved));
    onOpen();
    encoder.follow(0);
  };

  const load = async (sentence: string, open: () => Promise<void>) => {
    store.set({ loading: sentence });
    try {
      await open();
    } catch (thrown) {
      store.set({ loading: undefined });
      notifier.failed(t.errors.open, thrown, () => void load(sentence, open));
    }
  };

  const move = (slice: number) => {
    const { study } = store.state;
    if (!study) return;
    const target = Math.min(study.plane.count - 1, Math.max(0, Math.round(slice)));
    if (target === study.slice) return;
    const direction = target > study.slice ? 1 : -1;
    const sliceByPlane = { ...study.sliceByPlane, [study.plane.plane]: target };
    store.set({ study: { ...study, slice: target, sliceByPlane }, preview: undefined, gesture: undefined });
    encoder.follow(direction);
  };

  return {
    start: () =>
      load(t.loadingStudy, async () => {
        const saved = readSaved();
        const known = saved && (await (await segmenter()).image(saved.imageId).catch(() => undefined));
        if (saved && known) return show(known, saved.name, saved);
        const [first] = await transport.json<StudyRef[]>("v1/studies");
        if (!first) return store.set({ loading: undefined });
        show(await (await segmenter()).image(first.imageId), first.name);
      }),
    openFiles: (files) =>
      load(t.loadingUpload(files.length), async () => {
        const info = await (await segmenter()).upload(files);
        show(info, files.length === 1 ? files[0].name : t.seriesName(files.length));
      }),
    setPlane(plane) {
      const { study } = store.state;
      const target = study?.info.planes.find((candidate) => candidate.plane === plane);
      if (!study || !target || target === study.plane) return;
      const slice = study.sliceByPlane[plane] ?? Math.floor(target.count / 2);
      const moved: OpenStudy = { ...study, plane: target, slice, pixels: undefined, embedding: undefined };
      const view = { zoom: 1, panX: 0, panY: 0 };
      store.set({ study: moved, view, preview: undefined, gesture: undefined, cursor: undefined });
      encoder.follow(0);
    },
    setSlice: move,
    step: (by) => move((store.state.study?.slice ?? 0) + by),
    setWindow(window) {
      const { study } = store.state;
      if (!study?.window) return;
      store.set({ study: { ...study, window: { ...window, width: Math.max(1, window.width) } } });
    },
    reencode() {
      const { study } = store.state;
      if (!study || sameWindow(study.window, study.encodeWindow)) return;
      store.set({ study: { ...study, encodeWindow: study.window }, preview: undefined });
      encoder.follow(0);
    },
  };
}

/** What a new study does not take over from the one before. */
const FRESH_SESSION: Partial<State> = {
  view: { zoom: 1, panX: 0, panY: 0 },
  log: emptyLog(),
  activeLabel: undefined,
  hidden: new Set(),
  accepted: new Set(),
  preview: undefined,
  gesture: undefined,
  cursor: undefined,
  pointer: undefined,
};

/** A study at its middle slice, in the plane people read first. */
function studyOf(info: ImageInfo, name: string): OpenStudy {
  const plane = preferredPlane(info.planes);
  const window = info.channels === 1 ? (info.windows[0] ?? null) : null;
  return {
    info,
    name,
    plane,
    slice: Math.floor(plane.count / 2),
    sliceByPlane: {},
    window,
    encodeWindow: window,
    pixels: undefined,
    embedding: undefined,
    stage: "idle",
    encoded: new Set(),
  };
}

const preferredPlane = (planes: readonly PlaneInfo[]): PlaneInfo =>
  planes.find(({ plane }) => plane === "axial") ?? planes[0];
