/** What the viewer opens by itself. */
import type { Digest } from "../../../core/digest.ts";
import { isSegmenterError } from "../../../core/errors.ts";
import type { ImageInfo } from "../../../core/wire/index.ts";
import type { Segmenter } from "../../index.ts";
import type { Keeper } from "../kept/keeper.ts";
import { lastImage, rememberStudy, seenStudy } from "../kept/session.ts";

/** What this tab had open, else a study the server was started with, else the latest work; `undefined` when there is none. */
export async function firstOf(
  segmenter: Pick<Segmenter, "image" | "studies">,
  keeper: Pick<Keeper, "list">,
): Promise<{ readonly info: ImageInfo; readonly name: string } | undefined> {
  const infoOf = (imageId: Digest) => segmenter.image(imageId);
  const last = lastImage();
  const known = last && (await infoOf(last.imageId).catch(unlessGone));
  if (last && known) return { info: known, name: last.name };
  const [first] = await segmenter.studies();
  const fresh = first !== undefined && !seenStudy(first.imageId);
  const [newest] = fresh ? [] : await keeper.list();
  const info = newest && (await infoOf(newest.imageId).catch(unlessGone));
  if (newest && info) return { info, name: newest.name };
  if (!first) return undefined;
  rememberStudy(first.imageId);
  return { info: await infoOf(first.imageId), name: first.name };
}

/** An image that the server does not have any more is no failure here; anything else is. */
function unlessGone(thrown: unknown): undefined {
  if (isSegmenterError(thrown, "ImageNotFound")) return undefined;
  throw thrown;
}
