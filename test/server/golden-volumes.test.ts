/** Whole organs from one click, with the shipped model, through the server's own jobs: what `docs/volumes.md` says, with room for other machines. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AskedOrgan, diceOf, organsToAsk, PROPAGATED } from "../../bench/organs/propagated.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { Job } from "../../core/wire/index.ts";
import { createServices, type Services } from "../../server/services.ts";
import { readSettings } from "../../server/settings.ts";
import { dataPath, needsData } from "../support/data.ts";

const { abdomen, spleen, "trunk-coronal": coronal } = PROPAGATED;

describe("a propagated organ", needsData(abdomen.image, spleen.image, coronal.image), () => {
  let cacheDir: string;
  let services: Services;
  beforeAll(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), "golden-volumes-"));
    services = await createServices(readSettings({ cacheDir, device: "cpu" }, {}));
  }, 120_000);
  afterAll(async () => {
    await services?.close({ graceMs: 0 });
    await rm(cacheDir, { recursive: true, force: true });
  });

  /** Masks by slice, and the Dice of the volume. */
  const propagated = async ({ imageId, request, truth }: AskedOrgan) => {
    const { jobId } = await services.jobs.submit(imageId, request);
    let job: Job | undefined;
    for await (const seen of services.jobs.watch(jobId, new AbortController().signal)) job = seen;
    expect(job?.state).toBe("done");
    const masks = job?.segments[0]?.masks ?? [];
    const found = new Map(masks.map(({ slice, rle }) => [slice, decodeRle(rle).data]));
    return { dice: diceOf(truth, found), found };
  };

  test.each([
    {
      what: "liver, spleen and aorta of 20 slices from one click each",
      study: abdomen,
      least: { liver: 0.93, spleen: 0.8, aorta: 0.85 },
    },
    { what: "spleen of 20 slices from a box", study: spleen, least: { spleen: 0.93 } },
    { what: "liver across 101 coronal slices from one click", study: coronal, least: { liver: 0.85 } },
  ])(
    "$what is as the page says",
    async ({ study, least }) => {
      const root = dataPath(".") ?? "";
      const scores: Record<string, number> = {};
      for await (const organ of organsToAsk(services, root, study)) scores[organ.name] = (await propagated(organ)).dice;
      expect(Object.keys(scores).toSorted()).toEqual(Object.keys(least).toSorted());
      for (const [name, dice] of Object.entries(least)) expect(scores[name], name).toBeGreaterThan(dice);
    },
    300_000,
  );

  test("is the same, voxel for voxel, when it is asked for again from slices that are encoded", async () => {
    for await (const organ of organsToAsk(services, dataPath(".") ?? "", spleen)) {
      const first = await propagated(organ);
      const again = await propagated({ ...organ, request: { ...organ.request, context: { bodyPart: "abdomen" } } });
      expect([...again.found.keys()].toSorted()).toEqual([...first.found.keys()].toSorted());
      for (const [slice, mask] of first.found) expect(again.found.get(slice), `slice ${slice}`).toEqual(mask);
    }
  }, 300_000);
});
