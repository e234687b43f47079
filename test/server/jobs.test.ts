import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMask } from "../../core/mask/mask.ts";
import { encodeRle } from "../../core/mask/rle.ts";
import { Job, type JobMask } from "../../core/wire/index.ts";
import { createHarness, type Harness, post, SETUP_MS } from "./harness.ts";
import { ballVolume, eventsOf as eventsFrom, shownJob } from "./job-support.ts";

let harness: Harness;
let imageId: string;
beforeAll(async () => {
  harness = await createHarness();
  const answer = await harness.request("/v1/images", { method: "POST", body: ballVolume() });
  imageId = ((await answer.json()) as { imageId: string }).imageId;
}, SETUP_MS);
afterAll(() => harness.close());

const click = { kind: "point", x: 24, y: 20, label: "foreground" };
const start = (request: object) => harness.request(`/v1/images/${imageId}/segmentations`, post(request));
const shown = (jobId: string) => shownJob(harness.request, jobId);
const eventsOf = (jobId: string) => eventsFrom(harness.request, jobId);

describe("a volume job", () => {
  test("is accepted at once, told of mask by mask, and measured; the same request is the same job", async () => {
    const request = { prompts: [{ slice: 6, prompts: [click] }], propagate: { from: 2, to: 10 } };
    const accepted = await start(request);
    expect(accepted.status).toBe(202);
    const { jobId } = Job.parse(await accepted.json());
    expect(accepted.headers.get("location")).toBe(`/v1/jobs/${jobId}`);
    expect(Job.parse(await (await start(request)).json()).jobId).toBe(jobId);
    const events = await eventsOf(jobId);
    const job = await shown(jobId);
    expect(events.at(-1)).toEqual({ event: "end", data: job });
    expect([job.state, job.progress]).toEqual(["done", { done: 9, total: 9 }]);
    const masks = job.segments[0]!.masks;
    expect(masks.find(({ slice }) => slice === 6)?.origin).toBe("prompted");
    expect(masks.map(({ slice }) => slice)).toEqual(masks.map(({ slice }) => slice).toSorted((a, b) => a - b));
    const told = events.filter(({ event }) => event === "progress").flatMap(({ data }) => data.masks);
    expect(told.map(({ slice }) => slice).toSorted((a: number, b: number) => a - b)).toEqual(
      masks.map(({ slice }) => slice),
    );
    const { measurements } = job.segments[0]!;
    const areas = Object.values(measurements?.areaMm2BySlice ?? {});
    expect(measurements?.volumeMl).toBeCloseTo(areas.reduce((sum, area) => sum + area, 0) / 1000);
    expect(JSON.stringify(job)).toContain("not for diagnosis");
  }, 60_000);

  test("between two prompted slices keeps both as they were given", async () => {
    const prompts = [4, 8].map((slice) => ({ slice, prompts: [click] }));
    const { jobId } = Job.parse(await (await start({ prompts, propagate: { from: 4, to: 8 } })).json());
    await eventsOf(jobId);
    const { segments } = await shown(jobId);
    const origins = segments[0]!.masks.filter(({ slice }) => slice === 4 || slice === 8).map(({ origin }) => origin);
    expect(origins).toEqual(["prompted", "prompted"]);
  }, 60_000);

  test("keeps masks that are given as they are, grows from them, and refuses those of another size", async () => {
    const square = createMask(48, 40);
    for (let y = 14; y < 26; y++) for (let x = 18; x < 30; x++) square.data[y * 48 + x] = 1;
    const rle = encodeRle(square);
    const { jobId } = Job.parse(
      await (await start({ masks: [{ slice: 6, rle }], propagate: { from: 4, to: 8 } })).json(),
    );
    await eventsOf(jobId);
    const { masks } = (await shown(jobId)).segments[0]!;
    expect(masks.find(({ slice }) => slice === 6)).toMatchObject({ rle, origin: "given", doubtful: false });
    expect(masks.filter(({ origin }) => origin === "propagated").length).toBeGreaterThan(0);
    expect(masks.some(({ byName }) => byName)).toBe(false);
    const named = { masks: [{ slice: 6, rle, byName: true }], propagate: { from: 4, to: 8 } };
    const again = Job.parse(await (await start(named)).json());
    const filled = (await eventsOf(again.jobId)).at(-1)!.data.segments[0]!.masks;
    expect(filled.length).toBeGreaterThan(1);
    expect(filled.every((mask: JobMask) => mask.byName)).toBe(true);
    const other = encodeRle(createMask(40, 48));
    expect((await start({ masks: [{ slice: 6, rle: other }], propagate: { from: 4, to: 8 } })).status).toBe(400);
  }, 60_000);

  test("is cancelled within a slice, keeps what it found, and may be asked for again", async () => {
    const request = { text: "liver", propagate: { from: 0, to: 11 } };
    const { jobId } = Job.parse(await (await start(request)).json());
    const cancelled = await harness.request(`/v1/jobs/${jobId}`, { method: "DELETE" });
    expect(Job.parse(await cancelled.json()).state).toBe("cancelled");
    expect((await eventsOf(jobId)).at(-1)?.event).toBe("end");
    expect(Job.parse(await (await start(request)).json())).toMatchObject({ jobId, state: "queued" });
    expect((await eventsOf(jobId)).at(-1)?.data.state).toBe("done");
  }, 60_000);

  test("waits its turn among twenty; all of them end, and equal ones are one", async () => {
    const request = (n: number) => {
      const prompts = [{ slice: 6, prompts: [click] }];
      return { prompts, propagate: { from: 5, to: 7 }, context: { bodyPart: `twenty ${n % 19}` } };
    };
    const jobs = await Promise.all(Array.from({ length: 20 }, async (_, n) => (await start(request(n))).json()));
    const ids = jobs.map((job) => Job.parse(job).jobId);
    expect(new Set(ids).size).toBe(19);
    await Promise.all(ids.map(eventsOf));
    for (const id of ids) expect((await shown(id)).state).toBe("done");
  }, 120_000);

  test("that fails says why by code", async () => {
    const outside = { kind: "point", x: 900, y: 2, label: "foreground" };
    const { jobId } = Job.parse(await (await start({ prompts: [{ slice: 1, prompts: [outside] }] })).json());
    await eventsOf(jobId);
    expect(await shown(jobId)).toMatchObject({ state: "failed", problem: { code: "InvalidPrompt" } });
  }, 60_000);

  test.each([
    { name: "neither prompts nor text", request: {}, status: 400 },
    { name: "both", request: { text: "liver", prompts: [{ slice: 1, prompts: [click] }] }, status: 400 },
    { name: "a text without slices", request: { text: "liver" }, status: 400 },
    { name: "slices the wrong way round", request: { text: "liver", propagate: { from: 5, to: 2 } }, status: 400 },
    { name: "a slice that is not there", request: { text: "liver", propagate: { from: 0, to: 12 } }, status: 404 },
    { name: "an unknown field", request: { text: "liver", propagate: { from: 0, to: 1 }, tenant: "x" }, status: 400 },
  ])("is refused with $name", async ({ request, status }) => {
    expect((await start(request)).status).toBe(status);
  });

  test("that nobody knows is a 404 with its code; the queue is bounded", async () => {
    const unknown = await harness.request(`/v1/jobs/sha256:${"0".repeat(64)}`);
    expect([unknown.status, ((await unknown.json()) as { code: string }).code]).toEqual([404, "JobNotFound"]);
    const answers: number[] = [];
    for (let n = 0; n < 30; n++)
      answers.push(
        (await start({ text: "liver", propagate: { from: 0, to: 11 }, context: { bodyPart: `${n}` } })).status,
      );
    expect(answers[0]).toBe(202);
    expect(answers.at(-1)).toBe(503);
  });
});
