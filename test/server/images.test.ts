import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Volume } from "../../core/image/volume.ts";
import { ImageInfo } from "../../core/wire/index.ts";
import { writePng } from "../../formats/index.ts";
import { temporaryIn } from "../../server/disk/durable.ts";
import { createImageStore } from "../../server/images/store.ts";
import type { ImageStore, IncomingFile } from "../../server/images/types.ts";
import { DEFAULT_LIMITS, type Limits } from "../../server/ops/limits.ts";
import { createMetrics } from "../../server/ops/metrics.ts";
import { concat } from "../formats/dicom-writer.ts";
import { count, nifti, shorts } from "../formats/raster-writers.ts";
import { dataPath, needsData } from "../support/data.ts";

let dir: string;
let store: ImageStore;
const open = (limits: Partial<Limits> = {}, folder = dir) =>
  createImageStore({ dir: folder, limits: { ...DEFAULT_LIMITS, ...limits }, processes: 1 });

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "images-"));
  store = await open();
}, 60_000);
afterAll(async () => {
  await store.close();
  await rm(dir, { recursive: true, force: true });
});

async function* files(...contents: Uint8Array[]): AsyncGenerator<IncomingFile> {
  for (const bytes of contents) {
    yield {
      body: (async function* () {
        for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
      })(),
    };
  }
}

/** A picture no other test has. */
function picture(seed: number, side = 32): Uint8Array {
  const data = Uint8Array.from({ length: side * side }, (_, n) => (n * 7 + seed * 31) % 251);
  return writePng({ width: side, height: side, data });
}

const volume = (seed: number, side = 16): Volume => ({
  size: [side, side, 4],
  channels: 1,
  data: Int16Array.from({ length: side * side * 4 }, (_, n) => ((n * 13 + seed) % 2000) - 1000),
  rescale: { slope: 1, intercept: 0 },
  ijkToLps: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1],
  unit: "mm",
  modality: "CT",
  inverted: false,
  windows: [],
  warnings: [],
});

describe("an upload", () => {
  test("becomes an image that answers with its pixels", async () => {
    const { info, created } = await store.add(files(picture(1)));
    expect(created).toBe(true);
    expect(ImageInfo.parse(info)).toMatchObject({ kind: "image", size: [32, 32, 1], dtype: "uint8", spacing: null });
    const slice = await store.slice(info.imageId, "native", 0);
    expect(slice.data[5]).toBe((5 * 7 + 31) % 251);
    expect(await store.get(info.imageId)).toEqual(info);
  });

  test("of several volumes gives the one that is asked for", async () => {
    const body = new Uint8Array(count(72).buffer);
    for (const index of [undefined, 2]) {
      const file = concat(nifti(shorts(40, 4, 2, 3, 4, 3)).subarray(0, 352), body);
      const { info } = await store.add(files(file), { index });
      expect([...(await store.slice(info.imageId, "native", 1)).data][0]).toBe(24 * (index ?? 0) + 6);
    }
  });

  test("is known again by its pixels, whatever the bytes of the file", async () => {
    const png = picture(2);
    const first = await store.add(files(png));
    // The same picture with a text chunk between header and data: other bytes, same pixels.
    const text = Buffer.concat([Buffer.from([0, 0, 0, 3]), Buffer.from("tEXtA\0B"), Buffer.alloc(4)]);
    const chunk = withCrc(text);
    const again = await store.add(files(Buffer.concat([png.subarray(0, 33), chunk, png.subarray(33)])));
    expect(again).toEqual({ info: first.info, created: false });
    const other = await store.add(files(picture(3)));
    expect(other.info.imageId).not.toBe(first.info.imageId);
  });

  test("leaves nothing in the spool, read or refused", async () => {
    await store.add(files(picture(4)));
    await expect(store.add(files(Buffer.from("no picture at all")))).rejects.toMatchObject({
      code: "UnsupportedFormat",
    });
    expect(await readdir(join(dir, "spool"))).toEqual([]);
  });

  test("is refused at the first byte over the limit, all files together", async () => {
    const small = await open({ uploadBytes: 100_000 });
    onTestFinished(() => small.close());
    const half = new Uint8Array(60_000);
    await expect(small.add(files(half, half))).rejects.toMatchObject({ code: "TooLarge", detail: { limit: 100_000 } });
    const few = await open({ uploadFiles: 2 });
    onTestFinished(() => few.close());
    const one = Uint8Array.of(1);
    await expect(few.add(files(one, one, one))).rejects.toMatchObject({ code: "TooLarge" });
  });

  test("that nobody waits for any more is dropped", async () => {
    const leaving = new AbortController();
    const added = store.add(files(picture(5, 2048)), { signal: leaving.signal });
    leaving.abort();
    await expect(added).rejects.toMatchObject({ code: "Cancelled" });
    expect((await store.add(files(picture(5)))).created).toBe(true);
  });
});

describe("the reading process", () => {
  test("is ended at its deadline, and the next upload gets a new one", async () => {
    const slow = await open({ readImageMs: 1 });
    onTestFinished(() => slow.close());
    await expect(slow.add(files(picture(6)))).rejects.toMatchObject({ code: "TooLarge" });
    expect((await store.add(files(picture(6)))).created).toBe(true);
  });

  test("is ended when it takes more memory than allowed", async () => {
    const tight = await open({ readImageBytes: 30 * 2 ** 20 });
    onTestFinished(() => tight.close());
    await expect(tight.add(files(picture(7, 4000)))).rejects.toMatchObject({
      code: "TooLarge",
      detail: { what: "memory of the reader in bytes" },
    });
  });

  test("serves uploads that come together", async () => {
    const added = await Promise.all(Array.from({ length: 6 }, (_, n) => store.add(files(picture(20 + (n % 3))))));
    expect(new Set(added.map(({ info }) => info.imageId)).size).toBe(3);
    expect(added.filter(({ created }) => created)).toHaveLength(3);
  });
});

describe("what is kept", () => {
  test("survives a restart and eviction from memory", async () => {
    const made = await store.addVolume(volume(1));
    const again = await open({ imageMemoryBytes: 1 });
    onTestFinished(() => again.close());
    expect(await again.get(made.info.imageId)).toEqual(made.info);
    const other = await again.addVolume(volume(2));
    for (const { imageId } of [made.info, other.info, made.info])
      expect((await again.volume(imageId)).data.length).toBe(1024);
    expect((await again.slice(made.info.imageId, "coronal", 3)).data).toEqual(
      (await store.slice(made.info.imageId, "coronal", 3)).data,
    );
  });

  test.each([
    { name: "shortened", damage: (path: string) => truncate(path, 100) },
    { name: "altered in one bit", damage: flipBit },
    { name: "gone", damage: (path: string) => rm(path) },
  ])("is not served when its file is $name", async ({ damage }) => {
    const folder = await mkdtemp(join(tmpdir(), "images-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const first = await open({}, folder);
    const { info } = await first.addVolume(volume(9));
    await damage(join(folder, "images", `${info.imageId.slice(7)}.vol`));
    const second = await open({}, folder);
    await expect(second.volume(info.imageId)).rejects.toMatchObject({ code: "ImageNotFound" });
    expect(await second.get(info.imageId)).toBeUndefined();
    expect((await second.addVolume(volume(9))).created).toBe(true);
  });

  test("gives way, oldest first, when the disk's share is used up", async () => {
    const folder = await mkdtemp(join(tmpdir(), "images-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const small = await open({ imageDiskBytes: 5000 }, folder);
    const added = [];
    for (let seed = 0; seed < 4; seed++) added.push((await small.addVolume(volume(100 + seed))).info.imageId);
    expect((await Promise.all(added.map(small.get))).map((info) => info !== undefined)).toEqual([
      false,
      false,
      true,
      true,
    ]);
    expect((await readdir(join(folder, "images"))).length).toBe(4);
  });

  test("has names that are digests, and files only the owner may read", async () => {
    const names = await readdir(join(dir, "images"));
    expect(names.every((name) => /^[0-9a-f]{64}\.(vol|json)$/.test(name))).toBe(true);
    expect((await stat(join(dir, "images", names[0]!))).mode & 0o077).toBe(0);
  });

  test("a spool of a process that is gone is swept at the start; one of another machine, when it is a day old", async () => {
    const spool = join(dir, "spool");
    const ours = basename(temporaryIn(spool)).replace(`-${process.pid}-`, "-999999999-");
    const [theirs, abandoned] = ["0123456789ab-1-aa.tmp", "0123456789ab-1-bb.tmp"];
    for (const name of [ours, theirs, abandoned]) await writeFile(join(spool, name), "left");
    const longAgo = Date.now() / 1000 - 25 * 3600;
    await utimes(join(spool, abandoned), longAgo, longAgo);
    await open().then((again) => again.close());
    expect(await readdir(spool)).toEqual([theirs]);
    await rm(join(spool, theirs));
  });
});

describe("descriptions", () => {
  test("carry no free text of a file", async () => {
    const named = { ...volume(3), modality: "CANARY", windows: [{ name: "CANARY^NAME", center: 1, width: 2 }] };
    const { info } = await store.addVolume(named);
    expect(JSON.stringify(info)).not.toContain("CANARY");
    expect(info.modality).toBe("OT");
    expect(info.windows[0]).toEqual({ name: "from file", center: 1, width: 2 });
    const stored = await readFile(join(dir, "images", `${info.imageId.slice(7)}.json`), "utf8");
    expect(stored).not.toContain("CANARY");
  });

  test("differ in id when geometry or rescale differ, though the pixels agree", async () => {
    const base = volume(4);
    const moved = { ...base, ijkToLps: [...base.ijkToLps.slice(0, 3), 5, ...base.ijkToLps.slice(4)] };
    const scaled = { ...base, rescale: { slope: 2, intercept: 0 } };
    const ids = await Promise.all([base, moved, scaled].map(async (one) => (await store.addVolume(one)).info.imageId));
    expect(new Set(ids).size).toBe(3);
  });
});

describe("real files", needsData("tests/mr_dicom_t1w"), () => {
  test("of a DICOM series are one volume, counted in the metrics", async () => {
    const metrics = createMetrics();
    const counted = await createImageStore({ dir, limits: DEFAULT_LIMITS, metrics });
    onTestFinished(() => counted.close());
    const { info } = await counted.open(dataPath("tests/mr_dicom_t1w")!);
    expect(info).toMatchObject({ kind: "volume", modality: "MR", size: [274, 384, 16] });
    expect(info.planes.map(({ plane }) => plane)).toEqual(["native", "axial", "coronal", "sagittal"]);
    expect(await metrics.text()).toContain('promptomy_images_read_total{outcome="created"} 1');
  });
});

async function flipBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[500]! ^= 1;
  await writeFile(path, bytes);
}

/** A PNG chunk (length, type, data) with its checksum (PNG specification, annex D). */
function withCrc(chunk: Uint8Array): Uint8Array {
  const body = chunk.subarray(4, chunk.length - 4);
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  const out = Buffer.from(chunk);
  out.writeUInt32BE((crc ^ 0xffffffff) >>> 0, chunk.length - 4);
  return out;
}
