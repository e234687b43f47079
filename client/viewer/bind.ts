/** A viewer and a segmenter together: prompts where the host has them, masks where it wants them, one log behind. */
import { chainsOf } from "../../core/annotation/chain.ts";
import type { KeptMask, LogEntry } from "../../core/annotation/entries.ts";
import { append, emptyLog, nextNumber, type PromptLog, redo, undo } from "../../core/annotation/log.ts";
import type { Digest } from "../../core/digest.ts";
import { SegmenterError } from "../../core/errors.ts";
import type { Window } from "../../core/image/volume.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { ImageDescription, ImageInfo, Prompt, Rle } from "../../core/wire/index.ts";
import type { CallOptions, Segmenter } from "../types.ts";
import { type Board, createBoard } from "./board.ts";
import { pixelOf, promptOf } from "./place.ts";
import { openSource } from "./sources.ts";
import { keepMasks, propagationOf } from "./stack.ts";
import type { HostPoint, HostPrompt, PlacedMask, SlicePixel, ViewerAdapter } from "./types.ts";
import { snapWindow } from "./windows.ts";

export interface PropagateOptions extends CallOptions {
  /** First and last slice that may be filled, in our order of the plane that was prompted; the whole stack when left out. */
  readonly range?: readonly [from: number, to: number];
  readonly onProgress?: (done: number, total: number) => void;
}

/** A viewer with prompts. Calls are done one after the other; each shows what it changes through the adapter. */
export interface Binding {
  /** What the server knows of the open image. */
  readonly image: ImageInfo;
  /** Everything that was done: a plain value for `Segmenter.segmentation`, exports and projects. */
  readonly log: PromptLog;
  /** The segment that prompts go to: its number, and the value of its voxels. */
  readonly segment: number;
  /** Run lengths of propagated masks, which stand in the log by digest. */
  kept(mask: Digest): Promise<Rle>;
  /** Adds a segment, and selects it. */
  addSegment(segment?: { readonly name?: string; readonly colour?: string }): number;
  /** Selects a segment by its number. Throws RangeError for an unknown one. */
  select(segment: number): void;
  /**
   * One gesture: its prompts refine the mask of the segment on their slice. Gives the mask, which is shown by then. Rejects
   * with SliceNotFound outside of the image, with InvalidPrompt, UnknownTerm and as `Segmenter.segment`; nothing is kept then.
   */
  prompt(prompts: HostPrompt | readonly HostPrompt[], call?: CallOptions): Promise<PlacedMask>;
  /** An organ by its name, on the slice of a point. */
  text(name: string, at: HostPoint, call?: CallOptions): Promise<PlacedMask>;
  /** Takes the last gesture back; false when there is none. */
  undo(): Promise<boolean>;
  redo(): Promise<boolean>;
  /** Fills the stack from the masks of the selected segment. Gives the new masks, which are shown as they come. */
  propagate(options?: PropagateOptions): Promise<readonly PlacedMask[]>;
  /** Where a point of the host lies, without asking anything. */
  pixelOf(at: HostPoint): SlicePixel;
  /** Ends what waits and lets the adapter go. The segmenter stays open. */
  close(): void;
}

const COLOURS = ["#5ad1c8", "#f2b84b", "#8fb4ff", "#ff8fa3", "#a6e07a", "#d39bff"];

/**
 * Opens what the viewer shows, sending pixels only when the server does not have them, and answers prompts on it. Rejects
 * as `Segmenter.upload` and `Segmenter.image`.
 *
 * @example
 * const binding = await bind(segmenter, cornerstoneAdapter({ viewport, segmentationId, cornerstone, tools }));
 * await binding.prompt({ kind: "point", at: { space: "lps", point: worldPoint, normal: viewPlaneNormal } });
 */
export async function bind(segmenter: Segmenter, adapter: ViewerAdapter, call: CallOptions = {}): Promise<Binding> {
  const image = await openSource(segmenter, await adapter.source(), call);
  const source = await segmenter.source(image.imageId, call);
  return createBinding({ segmenter, adapter, image, source });
}

interface Parts {
  readonly segmenter: Segmenter;
  readonly adapter: ViewerAdapter;
  readonly image: ImageInfo;
  readonly source: ImageDescription["source"];
}

function createBinding({ segmenter, adapter, image, source }: Parts): Binding {
  const masks = keepMasks();
  const board = createBoard({ segmenter, adapter, image, source, masks });
  const closing = new AbortController();
  const state = { log: withSegment(emptyLog(), {}), segment: 1 };
  const inTurn = turns(closing.signal, state, board);
  const signalOf = ({ signal }: CallOptions) => (signal ? AbortSignal.any([signal, closing.signal]) : closing.signal);

  const prompt: Binding["prompt"] = (given, call = {}) =>
    inTurn(async () => {
      const placed = listOf(given).map((one) => promptOf(image, one));
      const at = sameSlice(placed.map(({ at }) => at));
      const window = windowBegun(state, image, at) ?? snapWindow(image.windows, adapter.window?.()) ?? null;
      const encoded = { imageId: image.imageId, plane: at.plane, slice: at.slice, window };
      const prompts = placed.map(({ prompt }): Prompt => prompt);
      state.log = append(state.log, { kind: "prompt", segmentId: String(state.segment), at: encoded, prompts });
      const found = await board.sync(state.log, signalOf(call));
      const mask = only(found, at);
      adapter.gesture?.(history);
      return mask;
    });
  const move = (to: (log: PromptLog) => PromptLog) =>
    inTurn(async () => {
      const moved = to(state.log);
      if (moved === state.log) return false;
      state.log = moved;
      await board.sync(moved, closing.signal);
      return true;
    });
  const history = { undo: () => move((log) => (isGesture(log) ? undo(log) : log)), redo: () => move(redo) };
  const propagate: Binding["propagate"] = (options = {}) =>
    inTurn(async () => {
      const parts = { segmenter, image, masks, board, state };
      const found = await followPropagation(parts, { ...options, signal: signalOf(options) });
      await board.sync(state.log, closing.signal);
      if (found.length > 0) adapter.gesture?.(history);
      return found;
    });

  return {
    image,
    get log() {
      return state.log;
    },
    get segment() {
      return state.segment;
    },
    kept: masks.get,
    addSegment(given = {}) {
      state.log = withSegment(state.log, given);
      state.segment = nextNumber(state.log) - 1;
      return state.segment;
    },
    select(number) {
      const last = nextNumber(state.log) - 1;
      if (!Number.isInteger(number) || number < 1 || number > last)
        throw new RangeError(`Expected a segment from 1 to ${last}, got ${number}.`);
      state.segment = number;
    },
    prompt,
    text: (text, at, call) => prompt({ kind: "text", text, at }, call),
    ...history,
    propagate,
    pixelOf: (at) => pixelOf(image, at),
    close() {
      closing.abort(new SegmenterError("Cancelled", { what: "the binding is closed" }));
      adapter.close?.();
    },
  };
}

interface Propagating extends Pick<Parts, "segmenter" | "image"> {
  readonly masks: ReturnType<typeof keepMasks>;
  readonly board: Board;
  readonly state: BindingState;
}

/** Puts the masks of a volume job on the viewer as they come, and all of them into the log as one line. */
async function followPropagation(
  { segmenter, image, masks, board, state }: Propagating,
  options: NonNullable<Parameters<Binding["propagate"]>[0]>,
): Promise<PlacedMask[]> {
  const segmentId = String(state.segment);
  const { log, segment } = state;
  const shown = (at: Pick<SlicePixel, "plane" | "slice">) => board.shown(segment, at);
  const target = propagationOf({ log, image, segmentId, shown, range: options.range });
  const { plane } = target;
  const results: KeptMask[] = [];
  const found: PlacedMask[] = [];
  for await (const { done, total, masks: fresh } of segmenter.propagate(
    target,
    options.signal ? { signal: options.signal } : {},
  )) {
    for (const { slice, rle, predictedIou, origin, doubtful, byName } of fresh) {
      if (origin !== "propagated") continue;
      const said = { predictedIou, doubtful, ...(byName && { byName }) };
      results.push({ at: { imageId: image.imageId, plane, slice }, mask: masks.put(rle), ...said });
      found.push(board.put(decodeRle(rle), { plane, slice, predictedIou }, state.segment));
    }
    options.onProgress?.(done, total);
  }
  if (results.length > 0)
    state.log = append(state.log, { kind: "masks", segmentId, origin: "propagated", masks: results });
  return found;
}

/** Segments are added without waiting for a turn, and stay. */
const addsSegment = ({ kind }: LogEntry): boolean => kind === "add-segment";

interface BindingState {
  log: PromptLog;
  segment: number;
}

/** One call after the other. What fails leaves the log and the viewer as they were. */
function turns(closed: AbortSignal, state: BindingState, board: Board) {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(async () => {
      closed.throwIfAborted();
      const before = state.log;
      try {
        return await work();
      } catch (thrown) {
        state.log = state.log.entries.slice(before.entries.length).filter(addsSegment).reduce(append, before);
        if (!closed.aborted) await board.sync(before, closed).catch(() => {});
        throw thrown;
      }
    });
    last = turn.catch(() => {});
    return turn;
  };
}

/** A segment on a slice stays under the window that it began with: another one would encode the slice again. */
function windowBegun(
  { log, segment }: BindingState,
  { imageId }: ImageInfo,
  at: SlicePixel,
): Window | null | undefined {
  const begun = chainsOf(log, imageId).find(
    (chain) =>
      chain.steps.length > 0 &&
      chain.segmentId === String(segment) &&
      chain.at.plane === at.plane &&
      chain.at.slice === at.slice,
  );
  return begun?.at.window;
}

const listOf = (given: HostPrompt | readonly HostPrompt[]): readonly HostPrompt[] =>
  "kind" in given ? [given] : given;

function only(found: readonly PlacedMask[], { plane, slice }: SlicePixel): PlacedMask {
  const mask = found.find((placed) => placed.plane === plane && placed.slice === slice);
  if (!mask) throw new SegmenterError("InvalidPrompt", { index: 0, reason: "it changed nothing" });
  return mask;
}

/** Segments themselves stay; only what was done to them is taken back. */
const isGesture = ({ done }: PromptLog): boolean => done.at(-1)?.kind !== "add-segment";

function withSegment(log: PromptLog, { name, colour }: { name?: string; colour?: string }): PromptLog {
  const number = nextNumber(log);
  return append(log, {
    kind: "add-segment",
    segmentId: String(number),
    number,
    name: name ?? `Segment ${number}`,
    colour: colour ?? COLOURS[(number - 1) % COLOURS.length] ?? "#5ad1c8",
  });
}

function sameSlice(places: readonly SlicePixel[]): SlicePixel {
  const [first, ...others] = places;
  if (!first) throw new SegmenterError("InvalidPrompt", { index: 0, reason: "expected at least one prompt" });
  const index = others.findIndex(({ plane, slice }) => plane !== first.plane || slice !== first.slice) + 1;
  if (index > 0) throw new SegmenterError("InvalidPrompt", { index, reason: "expected prompts of one slice" });
  return first;
}
