/** The viewer as a page around it sees it: opens, prompts, and tells of masks and results. For the frame and the element. */
import type { Chain } from "../../../core/annotation/chain.ts";
import { isDigest } from "../../../core/digest.ts";
import { SegmenterError } from "../../../core/errors.ts";
import { encodeRle } from "../../../core/mask/rle.ts";
import type { Prompt } from "../../../core/wire/index.ts";
import { SEGMENTATION_FORMATS } from "../../../formats/write/registry.ts";
import type { FrameFile, FrameImage, FrameMask, FramePlace, FrameSaved, FrameTarget } from "../../frame/protocol.ts";
import type { Controls } from "../input/controls.ts";
import { shortId } from "../kept/work.ts";
import { chainPlace, wantedChains } from "../state/chains.ts";
import { maskKey, placeOf } from "../state/places.ts";
import { segmentList } from "../state/segments.ts";
import type { MaskView, State } from "../state/state.ts";
import type { Store } from "../state/store.ts";

export interface Hosted {
  /** `undefined` while nothing is open. */
  image(): FrameImage | undefined;
  /** Resolves when it is open. Rejects with the reason that the viewer shows, or InvalidRequest. */
  open(target: FrameTarget): Promise<FrameImage>;
  /** Prompts of the selected segment, on the slice shown or another one, which is shown then. Gives its mask there. */
  prompt(prompts: readonly Prompt[], at?: FramePlace): Promise<FrameMask>;
  /** All masks that are there. */
  masks(): readonly FrameMask[];
  /** The whole segmentation in a format of the export dialog. Rejects with CannotExport. */
  files(format: string): Promise<readonly FrameFile[]>;
  /** Every mask that comes, changes or goes. */
  onMask(listener: (mask: FrameMask) => void): () => void;
  /** What the user exports; `true` keeps it from being downloaded. */
  onSaved(listener: (saved: FrameSaved) => boolean): () => void;
}

export function createHosted(app: Controls): Hosted {
  const { store, exports } = app;
  return {
    image: () => imageOf(store.state),
    open: (target) => open(app, target),
    prompt: (prompts, at) => prompt(app, prompts, at),
    masks: () => [...shownIn(store.state).values()].map(({ mask }) => mask()),
    async files(id) {
      const format = SEGMENTATION_FORMATS.find((one) => one.id === id);
      if (!format || !store.state.image)
        throw new SegmenterError("CannotExport", { format: id, reason: format ? "nothing is open" : "unknown format" });
      const choice = { format: format.id, overlap: "later", hidden: true, deidentify: false } as const;
      const prepared = await exports.prepare(choice, new AbortController().signal);
      return prepared.files();
    },
    onMask: (listener) => followMasks(store, listener),
    onSaved: (listener) =>
      exports.onSave((files) => listener({ imageId: store.state.image?.info.imageId ?? "", files })),
  };
}

function imageOf({ image }: State): FrameImage | undefined {
  if (!image) return undefined;
  const planes = image.info.planes.map(({ plane, width, height, count }) => ({ plane, width, height, count }));
  const at = { plane: image.plane.plane, slice: image.slice };
  return { imageId: image.info.imageId, modality: image.modality, planes, at };
}

async function open({ images, studies, store }: Controls, target: FrameTarget): Promise<FrameImage> {
  const before = store.state.image;
  if ("files" in target) await images.openFiles(target.files);
  else if ("study" in target) await studies.openStudy(target.study, target.series);
  else if (isDigest(target.imageId)) await images.openKnown(target.imageId, shortId(target.imageId));
  else throw new SegmenterError("InvalidRequest", { reason: "the image id is no sha256 digest", path: "imageId" });
  const opened = imageOf(store.state);
  if (opened && store.state.image !== before) return opened;
  const { toasts, outage } = store.state;
  const reason = outage ? "the server does not answer" : toasts.findLast(({ tone }) => tone === "error")?.text;
  throw new SegmenterError("InvalidRequest", { reason: reason ?? "it could not be opened" });
}

async function prompt(app: Controls, prompts: readonly Prompt[], at: FramePlace | undefined): Promise<FrameMask> {
  const { store } = app;
  const { image } = store.state;
  if (!image) throw new SegmenterError("InvalidRequest", { reason: "nothing is open" });
  if (at) {
    const count = image.info.planes.find(({ plane }) => plane === at.plane)?.count ?? 0;
    if (at.slice >= count) throw new SegmenterError("SliceNotFound", { ...at, count });
    app.images.goTo({ imageId: image.info.imageId, ...at });
  }
  await until(store, ({ image }) => image?.pixels);
  for (const one of prompts) {
    if (one.kind === "text") app.prompts.addText(one.text);
    else app.prompts.add(one);
  }
  return maskHere(store);
}

/** The mask of the selected segment on the slice shown, once it is decoded. */
async function maskHere(store: Store): Promise<FrameMask> {
  const { image, activeSegment } = store.state;
  if (!image || !activeSegment) throw new SegmenterError("InvalidRequest", { reason: "no segment takes prompts" });
  const key = maskKey(activeSegment, placeOf(image));
  const chainIn = (state: State) => wantedChains(state).find((chain) => chainPlace(chain) === key);
  const settled = await until(store, (state) => {
    const chain = chainIn(state);
    if (!chain) return { mask: undefined };
    if (state.failed.has(chain.key)) return { mask: undefined };
    return state.masks.get(key)?.chain === chain.key ? { mask: shownIn(state).get(key)?.mask() } : undefined;
  });
  if (settled.mask) return settled.mask;
  const reason = store.state.toasts.at(-1)?.text ?? "these prompts gave no mask";
  throw new SegmenterError("InvalidRequest", { reason });
}

/** The first value that a state has. */
function until<T>(store: Store, pick: (state: State) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const look = () => {
      const found = pick(store.state);
      if (found === undefined) return;
      stop();
      resolve(found);
    };
    const stop = store.subscribe(look);
    look();
  });
}

interface Shown {
  readonly view: MaskView;
  readonly mask: () => FrameMask;
}

/** Every mask that is there and is what the log asks for, by its key. */
function shownIn(state: State): ReadonlyMap<string, Shown> {
  const found = new Map<string, Shown>();
  for (const chain of wantedChains(state)) {
    const key = chainPlace(chain);
    const view = state.masks.get(key);
    if (view && view.chain === chain.key) found.set(key, { view, mask: () => maskOf(state, chain, view) });
  }
  return found;
}

function maskOf(state: State, { segmentId, at }: Chain, { candidates, chosen, area, origin }: MaskView): FrameMask {
  const { number = 0, name = "", colour = "" } = segmentList(state).find(({ id }) => id === segmentId) ?? {};
  const mask = candidates[chosen];
  const { imageId, plane, slice } = at;
  const segment = { number, name, colour };
  return { imageId, plane, slice, segment, rle: encodeRle(mask), area, predictedIou: mask.predictedIou, origin };
}

function followMasks(store: Store, listener: (mask: FrameMask) => void): () => void {
  let told = new Map<string, { view: MaskView; mask: FrameMask }>();
  let seen: unknown[] = [];
  const look = () => {
    const { masks, log, image } = store.state;
    const now = [masks, log, image?.info];
    if (now.every((value, n) => value === seen[n])) return;
    const another = image?.info !== seen[2];
    seen = now;
    const before = another ? new Map<string, { view: MaskView; mask: FrameMask }>() : told;
    told = new Map();
    for (const [key, { view, mask }] of shownIn(store.state)) {
      const old = before.get(key);
      told.set(key, old?.view === view ? old : { view, mask: mask() });
      if (old?.view !== view) listener(told.get(key)?.mask ?? mask());
    }
    const asked = new Set(wantedChains(store.state).map(chainPlace));
    for (const [key, old] of before) {
      if (told.has(key)) continue;
      if (asked.has(key))
        told.set(key, old); // on its way
      else listener(emptied(old.mask));
    }
  };
  look();
  return store.subscribe(look);
}

const emptied = (mask: FrameMask): FrameMask => ({
  ...mask,
  area: 0,
  rle: { size: mask.rle.size, counts: [mask.rle.size[0] * mask.rle.size[1]] },
});
