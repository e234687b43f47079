/** Fills gaps by shape, here and without the model. */
import type { LogAction } from "../../../core/annotation/entries.ts";
import { decodeRle, encodeRle } from "../../../core/mask/rle.ts";
import { interpolate } from "../../../core/volume/interpolate.ts";
import type { Context } from "../context/context.ts";
import { t } from "../i18n/index.ts";
import { JOB, type VolumeWriting } from "./results.ts";
import { settledNow } from "./settled.ts";

/** Fills the gaps between settled slices of the active segment in the plane shown. */
export const createInterpolation =
  (context: Context, { keepMasks, write }: VolumeWriting) =>
  (): void => {
    const settled = settledNow(context);
    if (!settled) return;
    const { image, segment, masks } = settled;
    const found = interpolate(new Map(masks.map(({ slice, rle }) => [slice, decodeRle(rle)] as const)));
    if (found.length === 0) {
      context.notifier.info(t.volume.interpolateNone, { cause: JOB });
      return;
    }
    const digests = keepMasks(found.map(({ mask }) => encodeRle(mask)));
    const place = { imageId: image.info.imageId, plane: image.plane.plane };
    const kept = found.map(({ slice }, n) => ({ at: { ...place, slice }, mask: digests[n] }));
    const action: LogAction = { kind: "masks", segmentId: segment.id, origin: "interpolated", masks: kept };
    write(action, t.volume.interpolated(segment.name, found.length));
  };
