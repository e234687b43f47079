import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Job, MaskResponse } from "../../core/wire/index.ts";
import { createHarness, type Harness, post, SETUP_MS } from "./harness.ts";
import { ballVolume, eventsOf, shownJob } from "./job-support.ts";

describe("a server with room for two masks to refine and one job", () => {
  let harness: Harness;
  let imageId: string;
  beforeAll(async () => {
    harness = await createHarness({ limits: { logitsMemoryBytes: 2.5 * 2 ** 18, jobMemoryBytes: 1 } });
    const answer = await harness.request("/v1/images", { method: "POST", body: ballVolume() });
    imageId = ((await answer.json()) as { imageId: string }).imageId;
  }, SETUP_MS);
  afterAll(() => harness.close());

  const click = (x: number) => ({ kind: "point", x, y: 20, label: "foreground" });
  const ask = (x: number, previous?: string) =>
    harness.request("/v1/masks", post({ imageId, plane: "native", slice: 6, prompts: [click(x)], previous }));

  test("forgets the logits that were asked for least recently, and says so when they come back", async () => {
    const ids: string[] = [];
    for (const x of [20, 24, 28])
      ids.push(MaskResponse.parse(await (await ask(x)).json()).masks[0]!.lowResLogitsId ?? "");
    const [first, last] = [await ask(20, ids[0]), await ask(28, ids[2])];
    expect([first.status, ((await first.json()) as { code: string }).code]).toEqual([404, "LogitsNotFound"]);
    expect(last.status).toBe(200);
  }, 60_000);

  test("shows the last job that ended though it is larger than all that may be kept, and no other", async () => {
    const jobs: string[] = [];
    for (const slice of [5, 6]) {
      const request = { prompts: [{ slice, prompts: [click(24)] }] };
      const answer = await harness.request(`/v1/images/${imageId}/segmentations`, post(request));
      const { jobId } = Job.parse(await answer.json());
      await eventsOf(harness.request, jobId);
      jobs.push(jobId);
    }
    expect((await shownJob(harness.request, jobs[1]!)).state).toBe("done");
    expect((await harness.request(`/v1/jobs/${jobs[0]}`)).status).toBe(404);
  }, 60_000);
});
