/** The page and its answers by way of the edge, in Chromium: assets from the edge, tensors from its R2, the rest from a server. */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { needsEdge, startEdge } from "../support/edge.ts";
import { openViewer } from "./viewer-page.ts";
import { inside, LIVER, viewerStage } from "./viewer-stage.ts";

describe("behind the edge", needsEdge(), () => {
  const stage = viewerStage({ ownPages: true });
  let edge: Awaited<ReturnType<typeof startEdge>>;
  beforeAll(async () => {
    edge = await startEdge(join(stage.scratch, "edge"), [stage.server.url]);
  }, 240_000);
  afterAll(() => edge?.end());

  test("a click on the liver shows its mask; a second person's tensors come from R2, and theirs is the same mask", async () => {
    const click = async () => {
      const viewer = await openViewer(stage.browser, edge.url);
      const hits: string[] = [];
      viewer.page.on("response", (response) => {
        if (response.headers()["x-edge"] === "hit") hits.push(new URL(response.url()).pathname);
      });
      await viewer.page.reload();
      await viewer.ready();
      await viewer.click(...LIVER);
      const masks = await viewer.masks();
      const seen = {
        masks,
        hits,
        problems: viewer.problems,
        isolated: await viewer.page.evaluate(() => crossOriginIsolated),
      };
      await viewer.page.context().close();
      return seen;
    };
    const first = await click();
    expect([first.masks.length, first.problems, first.isolated]).toEqual([1, [], true]);
    expect(inside(first.masks[0]!, LIVER)).toBe(1);
    const second = await click();
    expect(second.masks[0]!.mask).toEqual(first.masks[0]!.mask);
    expect(second.hits.filter((path) => path.startsWith("/v1/embeddings/")).length).toBeGreaterThan(0);
    expect(second.hits.filter((path) => path.startsWith("/v1/models/")).length).toBeGreaterThan(0);
    expect(second.problems).toEqual([]);
  }, 240_000);
});
