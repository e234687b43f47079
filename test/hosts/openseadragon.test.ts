import { describe, expect, test } from "vitest";
import { hostStage } from "./stage.ts";

declare const host: {
  click(disc: number, zoom: number): Promise<{ iou: number; dice: number; overlays: number; left: number }>;
};

describe("OpenSeadragon 6", () => {
  const stage = hostStage("openseadragon");

  test.each([
    { disc: 0, zoom: 3 },
    { disc: 1, zoom: 4 },
    { disc: 2, zoom: 7 },
  ])("outlines disc $disc in the whole image from a view at zoom $zoom", async ({ disc, zoom }) => {
    const found = await stage.page.evaluate(([disc, zoom]) => host.click(disc!, zoom!), [disc, zoom]);
    expect(found.iou).toBeGreaterThan(0.85);
    expect(found.dice).toBeGreaterThanOrEqual(0.995);
    expect(found).toMatchObject({ overlays: 1, left: 0 });
    expect(stage.errors).toEqual([]);
  });
});
