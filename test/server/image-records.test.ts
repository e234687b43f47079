import { mkdir, readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Volume } from "../../core/image/volume.ts";
import { dataPath } from "../support/data.ts";
import { cacheFolder, filesOf, openStore, pngOf, volumeOf } from "./image-support.ts";

const recordOf = (dir: string, imageId: string) => join(dir, "images", `${imageId.slice(7)}.json`);

/** Keeps three images and gives their ids. */
async function filled(dir: string): Promise<string[]> {
  const { store } = await openStore(dir);
  const ids: string[] = [];
  for (const seed of [1, 2, 3]) ids.push((await store.addVolume(volumeOf(seed))).info.imageId);
  return ids;
}

describe("F-3: a start with a broken cache", () => {
  test.each([
    { name: "emptied", damage: (path: string) => truncate(path, 0) },
    { name: "cut short", damage: (path: string) => truncate(path, 50) },
    { name: "null", damage: (path: string) => writeFile(path, "null") },
    { name: "of another program", damage: (path: string) => writeFile(path, '{"size":1}') },
    { name: "no text", damage: (path: string) => writeFile(path, Buffer.from([0xff, 0xfe, 0, 1])) },
    { name: "altered in its geometry", damage: editGeometry },
  ])("sets a record that is $name aside with its voxels, serves the others, and says so", async ({ damage }) => {
    const dir = await cacheFolder();
    const [bad = "", ...good] = await filled(dir);
    await damage(recordOf(dir, bad));
    const { store, events } = await openStore(dir);
    expect(await store.get(bad)).toBeUndefined();
    for (const id of good) expect((await store.volume(id)).data.length).toBe(1024);
    expect((await readdir(join(dir, "images", "quarantine"))).sort()).toEqual([
      `${bad.slice(7)}.json`,
      `${bad.slice(7)}.vol`,
    ]);
    expect(events).toContainEqual({ kind: "set-aside", what: "images", count: 1 });
    expect((await store.addVolume(volumeOf(1))).created).toBe(true);
  });

  test("leaves what cannot be read where it is, and deletes nothing", async () => {
    const dir = await cacheFolder();
    const ids = await filled(dir);
    const loop = recordOf(dir, `sha256:${"0".repeat(64)}`);
    await (await import("node:fs/promises")).symlink(loop, loop); // ELOOP for everybody, root too
    const { store, events } = await openStore(dir);
    expect(events).toContainEqual({ kind: "unreadable", what: "images", count: 1, reason: "ELOOP" });
    expect(await readdir(join(dir, "images"))).toHaveLength(2 * ids.length + 1);
    expect(await Promise.all(ids.map(store.get))).not.toContain(undefined);
  });

  test("goes on beside folders and files with names of entries, and where a file stands for a folder", async () => {
    const dir = await cacheFolder();
    await writeFile(join(dir, "spool"), "");
    await mkdir(join(dir, "images", `${"a".repeat(64)}.json`), { recursive: true });
    await writeFile(join(dir, "images", "notes.txt"), "mine");
    const { store } = await openStore(dir);
    expect((await store.add(filesOf(pngOf(1)))).created).toBe(true);
    expect(await readFile(join(dir, "images", "notes.txt"), "utf8")).toBe("mine");
    expect((await readdir(dir)).filter((name) => name.startsWith("spool.aside-"))).toHaveLength(1);
  });

  test("what is set aside gives way before an image does", async () => {
    const dir = await cacheFolder();
    const [bad = "", ...good] = await filled(dir);
    await truncate(recordOf(dir, bad), 10);
    const { store } = await openStore(dir, { imageDiskBytes: 5000 });
    expect(await readdir(join(dir, "images", "quarantine"))).toEqual([]);
    expect(await Promise.all(good.map(store.get))).not.toContain(undefined);
  });
});

describe("too little of the disk is free", () => {
  const none = { diskFloorBytes: Number.MAX_SAFE_INTEGER };

  test("keeps what the server makes itself in memory, writes nothing and says so", async () => {
    const dir = await cacheFolder();
    const { store } = await openStore(dir, none);
    const { info, created } = await store.addVolume(volumeOf(1));
    expect([created, await store.degraded()]).toEqual([true, ["NoDiskCache"]]);
    expect((await store.slice(info.imageId, "axial", 1)).data.length).toBe(256);
    expect(await readdir(join(dir, "images"))).toEqual([]);
    await expect(store.add(filesOf(pngOf(1)))).rejects.toMatchObject({ code: "DiskFull" });
    expect(await (await openStore(await cacheFolder())).store.degraded()).toEqual([]);
  });

  test("lets the least recently used go when the memory is full", async () => {
    const { store } = await openStore(await cacheFolder(), { ...none, imageMemoryBytes: 5000 });
    const ids: string[] = [];
    for (const seed of [1, 2, 3]) ids.push((await store.addVolume(volumeOf(seed))).info.imageId);
    expect((await Promise.all(ids.map(store.get))).map((info) => info !== undefined)).toEqual([false, true, true]);
    await expect(store.addVolume(volumeOf(9, 64))).rejects.toMatchObject({ code: "DiskFull" });
  });
});

describe("the number of images", () => {
  test("is bounded: the least recently used go, and the library tells", async () => {
    const { store, events } = await openStore(await cacheFolder(), { images: 3 });
    const ids: string[] = [];
    for (const seed of [1, 2, 3]) ids.push((await store.addVolume(volumeOf(seed))).info.imageId);
    await store.volume(ids[0] ?? "");
    ids.push((await store.addVolume(volumeOf(4))).info.imageId);
    expect((await Promise.all(ids.map(store.get))).map((info) => info !== undefined)).toEqual([
      true,
      false,
      true,
      true,
    ]);
    expect(events).toContainEqual({ kind: "evicted", what: "images", count: 1 });
  });
});

describe("the same pixels in another file", () => {
  const source = (study: string) => ({ studyInstanceUid: study, attributes: { "00100010": "CANARY^NAME" } });
  const variant = (change: object): Volume => ({ ...volumeOf(5), ...change });

  test.each([
    { name: "modality", change: { modality: "MR" } },
    { name: "window", change: { windows: [{ name: "w", center: 40, width: 400 }] } },
    { name: "source", change: { source: source("1.2.3") } },
  ])("and with another $name are another image", async ({ change }) => {
    const { store } = await openStore(await cacheFolder());
    const first = await store.addVolume(volumeOf(5));
    const second = await store.addVolume(variant(change));
    expect(second.created).toBe(true);
    expect(second.info.imageId).not.toBe(first.info.imageId);
    expect(await store.get(first.info.imageId)).toEqual(first.info);
    expect(await store.addVolume(variant(change))).toEqual({ ...second, created: false });
  });

  test("answer with the warnings of the file that was just read, also after a restart", async () => {
    const dir = await cacheFolder();
    const { store } = await openStore(dir);
    const first = await store.addVolume(variant({ warnings: ["The spacing was guessed."] }));
    const second = await store.addVolume(variant({ warnings: [] }));
    expect([first.info.warnings, second.info.warnings]).toEqual([["The spacing was guessed."], []]);
    expect([second.created, second.info.imageId]).toEqual([false, first.info.imageId]);
    const again = await (await openStore(dir)).store.get(first.info.imageId);
    expect(again?.warnings).toEqual([]);
  });

  test("keep the source of each beside the voxels, for the owner's eyes and nobody's else", async () => {
    const dir = await cacheFolder();
    const { store, events } = await openStore(dir);
    const { info } = await store.addVolume(variant({ source: source("1.2.3") }));
    expect(
      JSON.stringify([info, await store.get(info.imageId), events, await store.volume(info.imageId)]),
    ).not.toContain("CANARY");
    expect(await store.source(info.imageId)).toEqual(source("1.2.3"));
    expect((await stat(recordOf(dir, info.imageId))).mode & 0o077).toBe(0);
    const again = (await openStore(dir)).store;
    expect(await again.source(info.imageId)).toEqual(source("1.2.3"));
    expect(await again.source((await again.addVolume(volumeOf(8))).info.imageId)).toBeUndefined();
    await expect(again.source(`sha256:${"0".repeat(64)}`)).rejects.toMatchObject({ code: "ImageNotFound" });
  });
});

const SAME_PIXELS = dataPath("tests/reports/01-stale-record-same-pixels");

describe.skipIf(!SAME_PIXELS)("three files with the same pixels (reports 01)", () => {
  test("each answer shows its own file", { timeout: 120_000 }, async () => {
    const { store } = await openStore(await cacheFolder());
    const add = async (name: string) => (await store.add(filesOf(await readFile(join(SAME_PIXELS ?? "", name))))).info;
    const first = await add("first.dcm");
    const second = await add("second.dcm");
    const third = await add("third-MR.dcm");
    expect(first.windows[0]).toMatchObject({ center: -600, width: 1500 });
    expect(second.windows[0]).toMatchObject({ center: 40, width: 400 });
    expect([first.modality, second.modality, third.modality]).toEqual(["CT", "CT", "MR"]);
    expect(third.windows[0]?.name).toContain("auto");
    expect(await store.get(first.imageId)).toEqual(first);
    expect(await store.source(second.imageId)).toMatchObject({ slices: [{ frame: 1 }] });
  });
});

/** Moves the image by 10 mm, as somebody with an editor would. */
async function editGeometry(path: string): Promise<void> {
  const record = JSON.parse(await readFile(path, "utf8"));
  record.ijkToLps[3] += 10;
  record.info.ijkToLps[3] += 10;
  await writeFile(path, JSON.stringify(record));
}
