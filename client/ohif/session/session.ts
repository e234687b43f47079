/** What the buttons, the panel and the commands do: prompts into OHIF's labelmap, one after the other. */
import { isSegmenterError } from "../../../core/errors.ts";
import { planeOf } from "../../../core/image/planes.ts";
import type { SegmenterStatus } from "../../types.ts";
import type { Binding, HostPrompt, PlacedMask } from "../../viewer/index.ts";
import { createBindings } from "./bindings.ts";
import { createConnection } from "./connection.ts";
import { sayingOf } from "./sayings.ts";
import { type Host, placeShown, segmentsOf, type Target, targetOf } from "./target.ts";
import type { Cornerstone, PromptomyOptions } from "./types.ts";

export interface SessionState {
  /** What is being done, for the user; undefined at rest. */
  readonly doing: string | undefined;
  readonly progress: { readonly done: number; readonly total: number } | undefined;
  /** Why the latest call came to nothing. */
  readonly problem: string | undefined;
  /** The decoder; undefined before the first prompt. */
  readonly decoder: SegmenterStatus | undefined;
}

/** Calls reject with what went wrong after the user was told of it. */
export interface Session {
  readonly host: Host;
  readonly state: SessionState;
  subscribe(listener: () => void): () => void;
  /** In the active viewport when none is named. */
  prompt(prompts: HostPrompt | readonly HostPrompt[], viewportId?: string): Promise<PlacedMask>;
  /** An organ by its name, on the slice that is shown. */
  text(name: string): Promise<PlacedMask>;
  /** Fills the stack from the masks of the active segment; `reach` slices each way from the one shown, all when left out. */
  propagate(reach?: number): Promise<readonly PlacedMask[]>;
  /** Stops a propagation. */
  cancel(): void;
  undo(): void;
  redo(): void;
  /** OHIF's list of segments is another one, or the labelmap is gone. */
  changed(segmentationId: string): void;
  close(): void;
}

const REST: SessionState = { doing: undefined, progress: undefined, problem: undefined, decoder: undefined };

export function createSession(host: Host, cornerstone: Cornerstone, options: PromptomyOptions): Session {
  const board = createBoard();
  const connection = createConnection(options, host.services, (decoder) => board.change({ decoder }));
  const bindings = createBindings(cornerstone, connection.segmenter);
  const { DefaultHistoryMemo: history } = cornerstone.core.utilities.HistoryMemo;
  let stopping = new AbortController();
  let last: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(doing: string, work: (target: Target, binding: Binding) => Promise<T>, viewportId?: string) => {
    const turn = last.then(async () => {
      board.change({ doing, problem: undefined });
      const target = await targetOf(host, viewportId);
      return work(target, await bindings.at(target));
    });
    const told = turn.catch((thrown: unknown) => {
      if (!isSegmenterError(thrown, "Cancelled") && !stopping.signal.aborted) tell(host, board, thrown);
    });
    last = told.then(() => board.change({ doing: undefined, progress: undefined }));
    return turn;
  };

  return {
    host,
    get state() {
      return board.state();
    },
    subscribe: board.subscribe,
    prompt: (prompts, viewportId) => inTurn("Segmenting …", (_, binding) => binding.prompt(prompts), viewportId),
    text: (name) =>
      inTurn(`Looking for ${name} …`, async (target, binding) => {
        const mask = await binding.text(name, placeShown(target.viewport));
        if (mask.data.includes(1)) label(host, target, name);
        else board.change({ problem: `${name} is not seen on this slice.` });
        return mask;
      }),
    propagate: (reach) =>
      inTurn("Propagating …", (target, binding) => {
        stopping = new AbortController();
        const isPrompted = binding.log.done.some(
          (action) => action.kind === "prompt" && action.segmentId === String(binding.segment),
        );
        if (!isPrompted) throw new RangeError("Prompt this segment on a slice first.");
        return binding.propagate({
          ...(reach === undefined ? {} : { range: rangeAround(target, binding, reach) }),
          signal: stopping.signal,
          onProgress: (done, total) => board.change({ progress: { done, total } }),
        });
      }),
    cancel: () => stopping.abort(),
    undo: () => history.undo(),
    redo: () => history.redo(),
    changed(segmentationId) {
      const segmentation = host.services.segmentationService.getSegmentation(segmentationId);
      bindings.keep(
        segmentationId,
        segmentation ? segmentsOf(segmentation).map(({ segmentIndex }) => segmentIndex) : [],
      );
    },
    close() {
      stopping.abort();
      bindings.close();
      connection.close();
    },
  };
}

/** Our numbers of the slices around the one that is shown. */
function rangeAround({ viewport }: Target, { image, pixelOf }: Binding, reach: number): [number, number] {
  const { plane, slice } = pixelOf(placeShown(viewport));
  return [Math.max(0, slice - reach), Math.min(planeOf(image, plane).count - 1, slice + reach)];
}

function createBoard() {
  const listeners = new Set<() => void>();
  let state = REST;
  return {
    state: () => state,
    change(part: Partial<SessionState>) {
      state = { ...state, ...part };
      for (const notify of listeners) notify();
    },
    subscribe(listener: () => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

function tell({ services }: Host, board: ReturnType<typeof createBoard>, thrown: unknown): void {
  const message = sayingOf(thrown);
  board.change({ problem: message });
  services.uiNotificationService.show({ title: "Promptomy", message, type: "error" });
}

/** A segment that has no name of its own yet is called what it was asked for by. */
function label({ services }: Host, { segmentationId, segment, label: old }: Target, name: string): void {
  if (/^\S+ \d+$/.test(old)) services.segmentationService.setSegmentLabel(segmentationId, segment, name);
}
