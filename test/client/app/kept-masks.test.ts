/** A mask that a log names can be read back at once, and stays readable when the database refuses it. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createKeptMasks } from "../../../client/app/kept/kept-masks.ts";
import type { Library } from "../../../client/app/kept/library.ts";
import type { Rle } from "../../../core/wire/index.ts";

const rle: Rle = { size: [2, 3], counts: [1, 2, 3] };

function memoryLibrary(isFull: () => boolean) {
  const masks = new Map<string, Rle>();
  const putMasks: Library["putMasks"] = async (given) => {
    if (isFull()) throw new DOMException("", "QuotaExceededError");
    for (const [digest, mask] of Object.entries(given)) masks.set(digest, mask);
  };
  return { masks, library: { putMasks, mask: async (digest: string) => masks.get(digest) } as unknown as Library };
}

test("the digest is the sha256 of size and run lengths", async () => {
  const kept = createKeptMasks(Promise.resolve(memoryLibrary(() => false).library));
  const hex = createHash("sha256").update('["mask",[2,3],[1,2,3]]').digest("hex");
  expect(kept.keepMasks([rle])).toEqual([`sha256:${hex}`]);
});

test("it is there before the database has it, and afterwards", async () => {
  const { masks, library } = memoryLibrary(() => false);
  const kept = createKeptMasks(Promise.resolve(library));
  const [digest] = kept.keepMasks([rle]);
  expect(await kept.mask(digest)).toEqual(rle);
  await kept.masksKept();
  expect(masks.get(digest)).toEqual(rle);
  expect(await createKeptMasks(Promise.resolve(library)).mask(digest)).toEqual(rle);
});

test("a full database is said, loses nothing, and takes the mask once there is room", async () => {
  let full = true;
  const { masks, library } = memoryLibrary(() => full);
  const kept = createKeptMasks(Promise.resolve(library));
  const [digest] = kept.keepMasks([rle]);
  await expect(kept.masksKept()).rejects.toThrow();
  expect(await kept.mask(digest)).toEqual(rle);
  full = false;
  await kept.masksKept();
  expect(masks.get(digest)).toEqual(rle);
});

test("a mask that nobody kept is not found", async () => {
  const kept = createKeptMasks(Promise.resolve(undefined));
  await expect(kept.mask("sha256:0")).rejects.toMatchObject({ code: "FileNotFound" });
});
