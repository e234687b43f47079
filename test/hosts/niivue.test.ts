import { describe, expect, test } from "vitest";
import { hostStage } from "./stage.ts";

interface Verdict {
  dice: number;
  area: number;
  plane: string;
}
declare const host: {
  open(name: string): Promise<{
    click(axCorSag: 0 | 1 | 2): Promise<Verdict>;
    undo(): Promise<number>;
    window(low: number, high: number): void;
  }>;
};

describe("NiiVue 0.69", () => {
  const stage = hostStage("niivue");

  test.each(["plain", "mirrored", "oblique"])(
    "draws the server's mask in all three planes of a %s series",
    async (name) => {
      const found = await stage.page.evaluate(async (name) => {
        const opened = await host.open(name);
        const verdicts = [];
        for (const plane of [0, 1, 2] as const) {
          verdicts.push(await opened.click(plane));
          await opened.undo();
        }
        await opened.click(0);
        return { verdicts, left: await opened.undo() };
      }, name);
      expect(found.verdicts.map(({ plane }) => plane)).toEqual(["axial", "coronal", "sagittal"]);
      for (const { dice, area } of found.verdicts) {
        expect(area).toBeGreaterThan(100);
        expect(dice).toBeGreaterThanOrEqual(0.995);
      }
      expect(found.left).toBe(0);
      expect(stage.errors).toEqual([]);
    },
  );

  test("encodes nothing while its window is dragged", async () => {
    const encoded = await stage.encodes(async () => {
      await stage.page.evaluate(async () => {
        const opened = await host.open("plain");
        for (let n = 0; n < 5; n++) {
          opened.window(-160 - 7.5 * n, 240 + 4.5 * n);
          await opened.click(0);
        }
      });
    });
    expect(encoded).toEqual([{ center: 40, width: 400 }]);
  });
});
