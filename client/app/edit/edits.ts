/** Corrections of the active segment, on the slice shown or on all of its slices; each is one step of undo. */
import type { Combination, Edit } from "../../../core/edit/edit.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { EditScope, Point } from "../state/drawing.ts";
import { activeSegmentOf } from "../state/segments.ts";
import { NotNow, planCombine, planCopy, planEdit, planKeepPart, planSplit, type Subject } from "./plans.ts";
import { type Change, createWriteMasks, type EditOptions } from "./write-masks.ts";

export interface Edits {
  apply(edit: Edit): void;
  /** Keeps the part under a pixel of the slice shown alone. */
  keepPart(at: Point): void;
  /** Gives the slice before or after the mask of this one, and shows it. */
  copy(by: -1 | 1): void;
  /** What becomes of the active segment with another one, which stays as it is. */
  combine(otherId: string, how: Combination): void;
  /** The other segment becomes part of the active one, on all slices. */
  merge(otherId: string): void;
  /** Each part of the active segment becomes a segment of its own; the largest keeps the name. */
  split(): void;
}

interface EditsOptions extends EditOptions {
  readonly setSlice: (slice: number) => void;
}

export function createEdits(context: Context, { setSlice, ...options }: EditsOptions): Edits {
  const { store, notifier } = context;
  const write = createWriteMasks(context, options);
  const refuse = (text: string) => notifier.info(text, { cause: "edit" });

  const make = (subject: Subject, plan: (subject: Subject) => readonly Change[]): boolean => {
    try {
      const changes = plan(subject);
      if (changes.length > 0) return write(subject.image, changes);
      refuse(t.edit.nothing);
    } catch (thrown) {
      if (!(thrown instanceof NotNow)) throw thrown;
      refuse(thrown.message);
    }
    return false;
  };

  /** What an edit works on, unless it may not: that is said. */
  const subjectOf = (scope: EditScope): Subject | undefined => {
    const { state } = store;
    const active = activeSegmentOf(state);
    if (!state.image?.pixels || !active || !options.writer.mayWrite()) return undefined;
    if (!active.locked) return { state, image: state.image, segmentId: active.id, scope };
    refuse(t.said.locked(active.name));
    return undefined;
  };

  /** What takes a moment is said before it is begun, and works on what is there then. */
  const run = (plan: (subject: Subject) => readonly Change[], scope = store.state.editScope) => {
    const now = () => {
      const subject = subjectOf(scope);
      if (subject) make(subject, plan);
    };
    if (scope === "slice" || !subjectOf(scope)) return now();
    store.set({ loading: t.edit.working });
    requestAnimationFrame(() =>
      setTimeout(() => {
        store.set({ loading: undefined });
        now();
      }),
    );
  };

  return {
    apply: (edit) => run((subject) => planEdit(subject, edit)),
    keepPart: (at) => run((subject) => planKeepPart(subject, at)),
    copy(by) {
      const subject = subjectOf("slice");
      const slice = (subject?.image.slice ?? 0) + by;
      if (!subject || slice < 0 || slice >= subject.image.plane.count) return;
      if (make(subject, () => planCopy(subject, slice))) setSlice(slice);
    },
    combine: (other, how) => run((subject) => planCombine(subject, other, how)),
    merge: (other) =>
      run(
        (subject) => [...planCombine(subject, other, "union"), { kind: "remove-segment", segmentId: other } as const],
        "all",
      ),
    split: () => run((subject) => planSplit(subject, activeSegmentOf(subject.state)?.name ?? ""), "all"),
  };
}
