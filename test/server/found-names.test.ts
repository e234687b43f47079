/** Names that nobody said, with the shipped model on a real CT. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Digest } from "../../core/digest.ts";
import { maskIou } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import { Job, MaskRequest, MaskResponse, SegmentationRequest } from "../../core/wire/index.ts";
import { readImage } from "../../formats/index.ts";
import { runCli } from "../../server/commands/main.ts";
import { createServices, type Services } from "../../server/services.ts";
import { readSettings } from "../../server/settings.ts";
import { dataPath, needsData } from "../support/data.ts";

const SERIES = "tests/ct_dicom_j2k/series";
const SLICE = 10;

describe("names that nobody said", { ...needsData(SERIES), timeout: 120_000 }, () => {
  let dir: string;
  let services: Services;
  let imageId: Digest;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "found-"));
    services = await createServices(readSettings({ cacheDir: dir, device: "cpu" }, {}));
    imageId = (await services.images.open(dataPath(SERIES)!)).info.imageId;
  }, 60_000);
  afterAll(async () => {
    await services.close();
    await rm(dir, { recursive: true, force: true });
  });

  const find = (request: object) => services.jobs.run(imageId, SegmentationRequest.parse({ find: "all", ...request }));
  const masks = (request: object) => services.masks.masks(MaskRequest.parse({ imageId, slice: SLICE, ...request }));

  test("find: all gives the organs of two slices as segments of their own, measured, no two of one place", async () => {
    const job = Job.parse(await find({ propagate: { from: SLICE, to: SLICE + 1 } }));
    expect([job.state, job.progress]).toEqual(["done", { done: 2, total: 2 }]);
    const names = job.segments.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["liver", "spleen", "aorta", "spinal cord"]));
    expect(new Set(names).size).toBe(names.length);
    expect(names).not.toContain("optic disc");
    const liver = job.segments.find(({ name }) => name === "liver");
    expect(liver?.masks.map(({ slice }) => slice)).toEqual([SLICE, SLICE + 1]);
    expect(liver?.masks[0]?.presence).toBeGreaterThan(0.5);
    expect(liver?.measurements?.volumeMl).toBeGreaterThan(10);
    const here = job.segments.flatMap((one) => one.masks.filter(({ slice }) => slice === SLICE));
    const drawn = here.map(({ rle }) => decodeRle(rle));
    for (const [n, mask] of drawn.entries())
      for (const other of drawn.slice(n + 1)) expect(maskIou(mask, other)).toBeLessThan(0.5);
  });

  test("a region of the body and another kind of image ask for other names", async () => {
    const names = async (context: object) =>
      (await find({ propagate: { from: SLICE, to: SLICE }, context })).segments.map(({ name }) => name);
    expect(await names({ bodyPart: "head" })).not.toContain("liver");
    expect(await names({ modality: "OP" })).not.toContain("liver");
  });

  test("a task asks for one kind of structure: on a slice, and for the name of a mask", async () => {
    const propagate = { from: SLICE, to: SLICE };
    const names = (await find({ propagate, context: { task: "vessel" } })).segments.map(({ name }) => name);
    expect(names).toContain("aorta");
    expect(names).not.toContain("liver");
    const prompts = [{ kind: "text", text: "liver" }];
    const told = async (context: object) => (await masks({ prompts, classify: true, context })).names ?? [];
    expect((await told({}))[0]?.name).toBe("liver");
    expect((await told({ task: "vessel" })).map(({ name }) => name)).not.toContain("liver");
    expect((await masks({ prompts, context: { task: "vessel" } })).masks[0]).toEqual(
      (await masks({ prompts })).masks[0],
    );
  });

  test("a job that is stopped keeps the slices that it has looked at", async () => {
    const { count } = (await services.images.get(imageId))!.planes[0]!;
    const { jobId } = await services.jobs.submit(
      imageId,
      SegmentationRequest.parse({ find: "all", propagate: { from: 0, to: count - 1 } }),
    );
    for await (const { segments } of services.jobs.watch(jobId, new AbortController().signal))
      if (segments.length > 0) await services.jobs.cancel(jobId);
    const job = await services.jobs.get(jobId);
    expect(job.state).toBe("cancelled");
    expect(job.progress.done).toBeLessThan(count);
    expect(job.segments.length).toBeGreaterThan(0);
  });

  test("one call from a name to a closer look to what it is called", async () => {
    const named = MaskResponse.parse(
      await masks({ prompts: [{ kind: "text", text: "Milz" }], zoom: "auto", classify: true }),
    );
    expect(named.presence).toBeGreaterThan(0.5);
    expect(named.names?.[0]?.name).toBe("spleen");
    expect(named.names?.[0]?.confidence).toBeGreaterThan(0.5);
  });

  test("a box is named after what it holds; without `classify` nothing is named", async () => {
    const { bbox } = (await masks({ prompts: [{ kind: "text", text: "liver" }] })).masks[0]!;
    const prompts = [{ kind: "box", ...bbox! }];
    const boxed = await masks({ prompts, classify: true });
    expect(boxed.names?.slice(0, 3).map(({ name }) => name)).toContain("liver");
    const confidences = boxed.names?.map(({ confidence }) => confidence) ?? [];
    expect(confidences).toEqual(confidences.toSorted((a, b) => b - a));
    expect(await masks({ prompts })).not.toHaveProperty("names");
  });

  test("promptomy segment writes several names as numbered segments, and all that is found", async () => {
    const cli = (...args: string[]) =>
      runCli(["segment", dataPath(SERIES)!, ...args, "--slice", String(SLICE), "--cache-dir", dir, "--quiet"]);
    const json = join(dir, "names.json");
    expect(await cli("--text", "Leber, spleen; xyzzy", "-o", json)).toBe(0);
    const answers: { name: string; answer?: MaskResponse }[] = JSON.parse(await readFile(json, "utf8"));
    expect(answers.map(({ name, answer }) => [name, (answer?.masks[0]?.area ?? 0) > 100])).toEqual([
      ["Leber", true],
      ["spleen", true],
      ["xyzzy", false],
    ]);
    const vessels = join(dir, "vessels.json");
    expect(await cli("--find", "all", "--task", "vessel", "-o", vessels)).toBe(0);
    const job = Job.parse(JSON.parse(await readFile(vessels, "utf8")));
    expect(job.segments.map(({ name }) => name)).not.toContain("liver");
    expect(await cli("--find", "all", "--task", "everything")).toBe(2);
    const all = join(dir, "all.nii.gz");
    expect(await cli("--find", "all", "-o", all)).toBe(0);
    const labels = await readImage([{ bytes: await readFile(all) }]);
    expect(new Set(labels.data).size).toBeGreaterThan(4);
  });

  test("a name whose presence was measured is looked for on every slice, without a mask", async () => {
    const { count } = (await services.images.get(imageId))!.planes[0]!;
    const range = { from: 0, to: count - 1 };
    const job = Job.parse(
      await services.jobs.run(imageId, SegmentationRequest.parse({ text: "Milz", where: true, propagate: range })),
    );
    const [{ masks, where = [], measurements } = { masks: [] }] = job.segments;
    expect([job.state, masks, measurements]).toEqual(["done", [], undefined]);
    expect(where.map(({ slice }) => slice)).toEqual(Array.from({ length: count }, (_, slice) => slice));
    const shown = where.filter((place) => place.shown).map(({ slice }) => slice);
    expect(shown).toContain(SLICE);
    const { presence } = await services.masks.masks(
      MaskRequest.parse({ imageId, slice: SLICE, zoom: "never", prompts: [{ kind: "text", text: "spleen" }] }),
    );
    expect(where[SLICE]?.presence).toBeCloseTo(presence ?? -1, 5);
  });

  test("where a name is that was not measured without the structure cannot be asked", async () => {
    const ask = (text: string) =>
      services.jobs.submit(imageId, SegmentationRequest.parse({ text, where: true, propagate: { from: 0, to: 1 } }));
    await expect(ask("liver")).rejects.toMatchObject({
      code: "InvalidRequest",
      detail: { path: "text", reason: expect.stringContaining("the liver") },
    });
    await expect(ask("xyzzy")).rejects.toMatchObject({ code: "UnknownTerm" });
    const nameless = SegmentationRequest.parse({ find: "all", where: true, propagate: { from: 0, to: 1 } });
    await expect(services.jobs.submit(imageId, nameless)).rejects.toMatchObject({ code: "InvalidRequest" });
  });

  test("promptomy names --where says the slices", async () => {
    const lines: string[] = [];
    const write = vi.spyOn(process.stdout, "write").mockImplementation((chunk) => lines.push(String(chunk)) > 0);
    const code = await runCli(["names", "spleen", "--where", dataPath(SERIES)!, "--cache-dir", dir, "--quiet"]);
    write.mockRestore();
    expect(code).toBe(0);
    expect(lines.join("")).toMatch(/^spleen: \d+ of \d+ slices, .*presence up to [01]\.\d\d\n$/);
  });

  test("find takes no prompts beside it and wants slices", async () => {
    await expect(services.jobs.submit(imageId, SegmentationRequest.parse({ find: "all" }))).rejects.toMatchObject({
      code: "InvalidRequest",
    });
    const both = SegmentationRequest.parse({ find: "all", text: "liver", propagate: { from: 0, to: 1 } });
    await expect(services.jobs.submit(imageId, both)).rejects.toMatchObject({ code: "InvalidRequest" });
    expect(await runCli(["segment", dataPath(SERIES)!, "--find", "all", "--text", "liver"])).toBe(2);
  });
});
