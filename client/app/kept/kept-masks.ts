/** Masks that logs hold by digest: there at once, in the browser's database as soon as it takes them. */
import { maskDigestText } from "../../../core/annotation/log-file.ts";
import type { Digest } from "../../../core/digest.ts";
import { SegmenterError } from "../../../core/errors.ts";
import type { Rle } from "../../../core/wire/index.ts";
import { digestOf } from "../../common/sha256.ts";
import type { Library } from "./library.ts";

export interface KeptMasks {
  /** Keeps masks, before a log names them; gives their digests in the same order. */
  keepMasks(masks: readonly Rle[]): readonly Digest[];
  /** Run lengths of a mask that a log holds by digest; rejects with `FileNotFound`. */
  mask(digest: string): Promise<Rle>;
  /** Resolves when the database has every mask that was kept until now; rejects when it did not take one. */
  masksKept(): Promise<void>;
}

export function createKeptMasks(opened: Promise<Library | undefined>): KeptMasks {
  /** Not in the database yet, or never, where it is full. */
  const waiting = new Map<string, Rle>();
  let writing: Promise<void> = Promise.resolve();

  const write = async () => {
    const library = await opened;
    if (!library || waiting.size === 0) return;
    const masks = Object.fromEntries(waiting);
    await library.putMasks(masks);
    for (const digest of Object.keys(masks)) waiting.delete(digest);
  };

  return {
    keepMasks(masks) {
      const digests = masks.map((rle) => digestOf(maskDigestText(rle)));
      digests.forEach((digest, index) => void waiting.set(digest, masks[index]));
      writing = writing.then(write, write);
      writing.catch(() => {});
      return digests;
    },
    async mask(digest) {
      const rle = waiting.get(digest) ?? (await (await opened)?.mask(digest));
      if (!rle) throw new SegmenterError("FileNotFound", { name: digest });
      return rle;
    },
    masksKept() {
      writing = writing.catch(write);
      return writing;
    },
  };
}
