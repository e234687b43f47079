/** What a user does to the segment list. */
import { slicesOf } from "../../../core/annotation/chain.ts";
import { type LogAction, type ReviewState, segmentOf } from "../../../core/annotation/entries.ts";
import { append, type PromptLog, segmentsOf } from "../../../core/annotation/log.ts";
import type { Segment } from "../../../core/annotation/segmentation.ts";
import type { PresetSegment } from "../../../core/text/presets.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { activeSegmentOf, nextSegment, placeAfterStep, segmentList } from "../state/segments.ts";
import type { LogWriter } from "./log-writer.ts";

export interface SegmentActions {
  /** A new segment, active at once; its id, or `undefined` when this tab may not write. */
  newSegment(name?: string): string | undefined;
  /** Adds the segments of a list whose names are not there yet, as one step of undo; the first of them becomes active. */
  addPreset(list: string, segments: readonly PresetSegment[]): void;
  /** Locks the active segment: it keeps its masks, and the next prompt begins a new one. */
  accept(): void;
  setLocked(segmentId: string, locked: boolean): void;
  rename(segmentId: string, name: string): void;
  remove(segmentId: string): void;
  /** One place up or down in the list, which is the order of exports: within its group, or past a whole one. */
  reorder(segmentId: string, by: -1 | 1): void;
  /** To the place of another one, which moves out of the way, and into its group. */
  moveTo(segmentId: string, otherId: string): void;
  /** Shows this one alone; again, and all are shown. */
  showAlone(segmentId: string): void;
  setReview(segmentId: string, review: ReviewState): void;
  select(segmentId: string): void;
  toggleHidden(segmentId: string): void;
}

/** The line that adds the next segment to a log. */
export function addSegment(log: PromptLog, name?: string): Extract<LogAction, { kind: "add-segment" }> {
  const { id, number, colour } = nextSegment(log);
  return { kind: "add-segment", segmentId: id, number, colour, name: name ?? t.segmentName(number) };
}

/** Lines that add what a list has and a log has not. */
function presetLines(state: PromptLog, segments: readonly PresetSegment[]): LogAction[] {
  const names = new Set(segmentsOf(state).map(({ name }) => name.toLowerCase()));
  const lines: LogAction[] = [];
  let log = state;
  for (const { name, ...rest } of segments) {
    if (names.has(name.toLowerCase())) continue;
    names.add(name.toLowerCase());
    const line = { ...addSegment(log, name), ...rest };
    lines.push(line);
    log = append(log, line);
  }
  return lines;
}

export function createSegmentActions({ store, notifier }: Context, writer: LogWriter): SegmentActions {
  const find = (segmentId: string) => segmentList(store.state).find(({ id }) => id === segmentId);
  const setLocked: SegmentActions["setLocked"] = (segmentId, locked) => {
    const segment = find(segmentId);
    if (!segment || segment.locked === locked) return;
    if (!writer.act([{ kind: "change-segment", segmentId, locked }])) return;
    notifier.say(locked ? t.said.accepted(segment.name) : t.said.unlocked(segment.name));
  };
  return {
    newSegment(name) {
      const action = addSegment(store.state.log, name);
      const { segmentId } = action;
      return writer.act([action], { activeSegment: segmentId }) ? segmentId : undefined;
    },
    addPreset(list, segments) {
      const lines = presetLines(store.state.log, segments);
      if (lines.length === 0) return notifier.info(t.presets.nothing(list), { cause: "preset" });
      if (!writer.mayWrite()) return;
      writer.actWithUndo(lines, t.presets.added(lines.length, list));
      store.set({ activeSegment: segmentOf(lines[0]) });
    },
    accept() {
      const active = activeSegmentOf(store.state);
      if (active && slicesOf(store.state.log, active.id).length > 0) setLocked(active.id, true);
    },
    setLocked,
    rename(segmentId, name) {
      const segment = find(segmentId);
      const trimmed = name.trim();
      if (!segment || !trimmed || trimmed === segment.name) return;
      writer.act([{ kind: "change-segment", segmentId, name: trimmed }]);
    },
    remove(segmentId) {
      const segment = find(segmentId);
      if (segment) writer.actWithUndo([{ kind: "remove-segment", segmentId }], t.segmentDeleted(segment.name));
    },
    reorder(segmentId, by) {
      const segments = segmentList(store.state);
      const to = placeAfterStep(segments, segmentId, by);
      const ids = segments.map(({ id }) => id).filter((id) => id !== segmentId);
      if (to !== undefined) writer.act([{ kind: "order-segments", segmentIds: ids.toSpliced(to, 0, segmentId) }]);
    },
    moveTo(segmentId, otherId) {
      const segments = segmentList(store.state);
      const ids = segments.map(({ id }) => id);
      const [from, to] = [ids.indexOf(segmentId), ids.indexOf(otherId)];
      if (from < 0 || to < 0 || from === to) return;
      const segmentIds = ids.toSpliced(from, 1).toSpliced(to, 0, segmentId);
      const { groupName = "" } = segments[to];
      const joins = (segments[from].groupName ?? "") !== groupName;
      writer.actAsOne([
        ...(joins ? [{ kind: "change-segment" as const, segmentId, groupName }] : []),
        { kind: "order-segments", segmentIds },
      ]);
    },
    showAlone(segmentId) {
      const others = segmentList(store.state).filter(({ id }) => id !== segmentId);
      const alone = !find(segmentId)?.hidden && others.every(({ hidden }) => hidden);
      store.set({ hidden: new Set(alone ? [] : others.map(({ id }) => id)) });
    },
    setReview(segmentId, review) {
      const segment = find(segmentId);
      if (segment && (segment.review ?? "to-do") !== review)
        writer.act([{ kind: "change-segment", segmentId, review }]);
    },
    select: (segmentId) => store.set({ activeSegment: segmentId, preview: undefined }),
    toggleHidden(segmentId) {
      const hidden = new Set(store.state.hidden);
      if (!hidden.delete(segmentId)) hidden.add(segmentId);
      store.set({ hidden });
    },
  };
}

/** What a user does to a group of segments: all of it at once, in the log as one step. */
export interface GroupActions {
  /** Puts a segment into the group of this name, which is made where there is none; an empty name takes it out. */
  setGroup(segmentId: string, groupName: string): void;
  /** Another name; that of another group joins the two, an empty one dissolves the group. */
  renameGroup(groupName: string, to: string): void;
  /** Hides all of a group, or shows all when none is shown. */
  toggleGroupHidden(groupName: string): void;
  setGroupLocked(groupName: string, locked: boolean): void;
  /** Lists its segments, or its name alone. */
  toggleCollapsed(groupName: string): void;
}

export function createGroupActions({ store }: Pick<Context, "store">, writer: LogWriter): GroupActions {
  const members = (groupName: string) => segmentList(store.state).filter((segment) => segment.groupName === groupName);
  /** What is listed stays where it is, but for what joins a group. */
  const regroup = (segments: readonly Segment[], groupName: string) => {
    if (segments.length === 0) return;
    const segmentIds = segmentList(store.state).map(({ id }) => id);
    const changes = segments.map(({ id }): LogAction => ({ kind: "change-segment", segmentId: id, groupName }));
    writer.actAsOne([{ kind: "order-segments", segmentIds }, ...changes]);
  };
  return {
    setGroup(segmentId, groupName) {
      const segment = segmentList(store.state).find(({ id }) => id === segmentId);
      const name = groupName.trim();
      if (segment && name !== (segment.groupName ?? "")) regroup([segment], name);
    },
    renameGroup(groupName, to) {
      const name = to.trim();
      if (name !== groupName) regroup(members(groupName), name);
    },
    toggleGroupHidden(groupName) {
      const hidden = new Set(store.state.hidden);
      const segments = members(groupName);
      const hides = segments.some(({ id }) => !hidden.has(id));
      for (const { id } of segments) {
        if (hides) hidden.add(id);
        else hidden.delete(id);
      }
      store.set({ hidden });
    },
    setGroupLocked(groupName, locked) {
      const others = members(groupName).filter((segment) => segment.locked !== locked);
      if (others.length > 0)
        writer.actAsOne(others.map(({ id }) => ({ kind: "change-segment", segmentId: id, locked })));
    },
    toggleCollapsed(groupName) {
      const collapsed = new Set(store.state.collapsed);
      if (!collapsed.delete(groupName)) collapsed.add(groupName);
      store.set({ collapsed });
    },
  };
}
