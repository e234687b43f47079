/** What a user does to the segmentation: each action is a line of the prompt log. */
import { promptsOf, slicesOf } from "../../../core/annotation/chain.ts";
import type { EncodedRef, PromptAction } from "../../../core/annotation/entries.ts";
import { type SliceRef, sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { Prompt } from "../../../core/wire/index.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { gridOf } from "../state/focus.ts";
import type { OpenImage } from "../state/open-image.ts";
import { encodedRefOf } from "../state/places.ts";
import { openSegmentOf, segmentList } from "../state/segments.ts";
import { createClickFilter } from "./click-filter.ts";
import type { LogWriter } from "./log-writer.ts";
import { createSegmentActions, type SegmentActions } from "./segment-actions.ts";
import { createSliceActions, isAmbiguous, type SliceActions } from "./slice-actions.ts";

/** Why a name gave no mask. */
export type Refusal =
  | { readonly kind: "absent" }
  | { readonly kind: "unknown"; readonly suggestions: readonly string[] };

interface PromptActions {
  /** Gives a prompt to the active segment, or to a new one. Only on a slice whose pixels are shown. */
  add(prompt: Prompt): void;
  /** Segments by name: into the segment of that name, or a new one. */
  addText(text: string): void;
  /** A name that was just given has failed: it leaves nothing behind. False for a name of an earlier day. */
  refuseText(action: PromptAction): boolean;
}

export interface Prompts
  extends PromptActions,
    SliceActions,
    SegmentActions,
    Pick<LogWriter, "undo" | "redo" | "followLog"> {}

export function createPrompts(context: Context, writer: LogWriter): Prompts {
  const segments = createSegmentActions(context, writer);
  const { undo, redo, followLog } = writer;
  const given = createPromptActions(context, writer, segments);
  return { ...given, ...createSliceActions(context, writer), ...segments, undo, redo, followLog };
}

function createPromptActions(context: Context, writer: LogWriter, segments: SegmentActions): PromptActions {
  const { store } = context;
  const repeats = createClickFilter();
  /** Names given in this sitting whose answer is not there yet. */
  const unanswered = new WeakSet<PromptAction>();

  /** The slice shown, when it is truly shown: a prompt means what its giver saw. */
  const shown = (): OpenImage | undefined => (store.state.image?.pixels ? store.state.image : undefined);

  const promptsAt = (segmentId: string, at: SliceRef) => promptsOf(store.state.log, segmentId, at);

  const give = (segmentId: string, at: EncodedRef, prompt: Prompt) => {
    const multimask = promptsAt(segmentId, at).length === 0 && isAmbiguous(prompt);
    const action: PromptAction = { kind: "prompt", segmentId, at, prompts: [prompt], multimask };
    if (prompt.kind === "text") unanswered.add(action);
    const { x, y } = prompt.kind === "point" ? prompt : { x: undefined, y: undefined };
    const { image } = store.state;
    const clicked = image && x !== undefined && y !== undefined;
    const focus = clicked ? gridOf(image, at.plane).toIjk(x, y, at.slice) : store.state.focus;
    writer.act([action], { activeSegment: segmentId, focus });
  };

  /** One segment takes one box and one name; another of them means another segment. */
  const takes = (segmentId: string, at: SliceRef, { kind }: Prompt) =>
    (kind !== "box" && kind !== "text") || !promptsAt(segmentId, at).some((prompt) => prompt.kind === kind);

  /** The segment of this name, an empty active one that nobody has named yet, or a new one. */
  const segmentFor = (text: string, at: SliceRef, prompt: Prompt): string | undefined => {
    const sameName = ({ name }: { name: string }) => name.toLowerCase() === text.toLowerCase();
    const same = segmentList(store.state).find((segment) => sameName(segment) && !segment.locked);
    if (same && takes(same.id, at, prompt)) return same.id;
    const active = openSegmentOf(store.state);
    const isNamed = active && (active.name !== t.segmentName(active.number) || active.code !== undefined);
    if (!active || isNamed || slicesOf(store.state.log, active.id).length > 0) return segments.newSegment(text);
    segments.rename(active.id, text);
    return active.id;
  };

  const addText = (text: string) => {
    const image = shown();
    if (!image) return;
    const prompt = { kind: "text", text } as const;
    const at = encodedRefOf(image);
    const id = segmentFor(text, at, prompt);
    if (id) give(id, at, prompt);
  };

  return {
    add(prompt) {
      const image = shown();
      if (!image || repeats(prompt, image)) return;
      const at = encodedRefOf(image);
      const open = openSegmentOf(store.state);
      const id = open && takes(open.id, at, prompt) ? open.id : segments.newSegment();
      if (id) give(id, at, prompt);
    },
    addText,
    refuseText(action) {
      if (!unanswered.delete(action)) return false;
      takeOut(context, writer, action);
      return true;
    },
  };
}

/** As if the name had never been given: undone where it is the newest action, else cleared, with a segment it leaves empty. */
function takeOut({ store }: Context, writer: LogWriter, action: PromptAction): void {
  const { segmentId } = action;
  if (writer.takeBack(action)) {
    const before = store.state.log.done.at(-1);
    const [prompt] = action.prompts;
    const named = before?.kind === "change-segment" && before.segmentId === segmentId && prompt.kind === "text";
    if (named && before.name === prompt.text) writer.takeBack(before);
    return;
  }
  const { imageId, plane, slice } = action.at;
  const at = { imageId, plane, slice };
  const elsewhere = slicesOf(store.state.log, segmentId).some((place) => sliceKeyOf(place) !== sliceKeyOf(at));
  writer.act([elsewhere ? { kind: "clear", segmentId, at } : { kind: "remove-segment", segmentId }]);
  writer.followLog();
}
