/** Files of segments, laid on the open image: each becomes an editable segment, all together one step of undo. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import { append, type PromptLog } from "../../../core/annotation/log.ts";
import { segmentationHeader } from "../../../core/annotation/segmentation.ts";
import { changedSlices, stackOf } from "../../../core/edit/stack.ts";
import { decodeRle, encodeRle } from "../../../core/mask/rle.ts";
import type { ImportedSegment } from "../../../core/wire/index.ts";
import { addSegment } from "../annotate/segment-actions.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import type { OpenImage } from "../state/open-image.ts";
import { segmentList } from "../state/segments.ts";
import { mayHoldSegments } from "./segment-files.ts";
import type { EditOptions } from "./write-masks.ts";

export interface Imports {
  /** Segments of a file on the open image; says why where they do not lie on it. */
  importFile(file: File): Promise<void>;
  /** Asks whether a file is an image or segments of the open one. False when it can only be an image. */
  offer(file: File): Promise<boolean>;
}

export function createImports(context: Context, { writer, keepMasks }: EditOptions): Imports {
  const { store, notifier, segmenter } = context;

  const write = (image: OpenImage, found: readonly ImportedSegment[]): number => {
    let { log } = store.state;
    const actions: LogAction[] = [];
    for (const segment of found) {
      const lines = linesOf(log, image, segment, keepMasks);
      log = lines.reduce<PromptLog>(append, log);
      actions.push(...lines);
    }
    if (actions.length === 0 || !writer.actAsOne(actions)) return 0;
    store.set({ activeSegment: segmentList(store.state).at(-1)?.id });
    return actions.length / 2;
  };

  const importFile: Imports["importFile"] = async (file) => {
    const { image } = store.state;
    if (!image || !writer.mayWrite()) return;
    const cause = t.importing.failed(file.name);
    notifier.settled(cause);
    store.set({ loading: t.importing.reading(file.name) });
    try {
      const { segments, warnings } = await (await segmenter()).importSegments(image.info.imageId, file);
      if (store.state.image?.info.imageId !== image.info.imageId) return;
      const count = write(store.state.image, segments);
      const said = count > 0 ? t.importing.done(count, file.name) : t.importing.nothing(file.name);
      notifier.info([said, ...warnings].join(" "), { cause });
    } catch (thrown) {
      notifier.failed(cause, thrown, { cause });
    } finally {
      store.set({ loading: undefined });
    }
  };

  return {
    importFile,
    async offer(file) {
      if (!store.state.image || !(await mayHoldSegments(file))) return false;
      store.set({ offered: file, dialog: "import" });
      return true;
    },
  };
}

/** One segment and its masks, on the plane that is shown, so that they can be corrected where they are seen. */
function linesOf(
  log: PromptLog,
  { info, plane: { plane } }: OpenImage,
  { name, colour, code, masks }: ImportedSegment,
  keepMasks: EditOptions["keepMasks"],
): readonly LogAction[] {
  const { imageId } = info;
  const placed = masks.map(({ plane, slice, rle }) => ({ plane, slice, mask: decodeRle(rle) }));
  const stack = stackOf(segmentationHeader(info), plane, placed);
  const slices = changedSlices({ ...stack, data: new Uint8Array(stack.data.length) }, stack);
  if (slices.length === 0) return [];
  const digests = keepMasks(slices.map(({ mask }) => encodeRle(mask)));
  const added = addSegment(log, name || undefined);
  const kept = slices.map(({ slice }, n) => ({ at: { imageId, plane, slice }, mask: digests[n] }));
  return [
    { ...added, ...(colour ? { colour } : {}), ...(code ? { code } : {}) },
    { kind: "masks", segmentId: added.segmentId, origin: "imported", masks: kept },
  ];
}
