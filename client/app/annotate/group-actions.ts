/** What a user does to a group of segments: all of it at once, in the log as one step. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import type { Segment } from "../../../core/annotation/segmentation.ts";
import type { Context } from "../context/context.ts";
import { segmentList } from "../state/segments.ts";
import type { LogWriter } from "./log-writer.ts";

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
