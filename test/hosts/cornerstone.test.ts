import { describe, expect, test } from "vitest";
import { hostStage } from "./stage.ts";

interface Verdict {
  dice: number;
  area: number;
  plane: string;
}
interface Opened {
  click(view?: string): Promise<Verdict>;
  first(way: "cornerstone" | "plain", slices: number): Promise<number>;
  window(lower: number, upper: number): void;
  area(): number;
  binding: {
    image: { imageId: string };
    undo(): Promise<boolean>;
    log: { done: { prompts?: { kind: string }[] }[] };
  };
  take(tool: string): () => void;
  screen(): [x: number, y: number];
  engine: { destroy(): void };
}
declare const host: {
  openVolume(name: string): Promise<Opened>;
  openSlowVolume(name: string): Promise<Opened>;
  openStack(name: string): Promise<Opened>;
  history: { undo(): void; redo(): void };
};

declare const opened: Opened;
declare const release: () => void;

const good = ({ dice, area }: Verdict) => {
  expect(area).toBeGreaterThan(200);
  expect(dice).toBeGreaterThanOrEqual(0.995);
};

describe("Cornerstone3D 5.14", () => {
  const stage = hostStage("cornerstone");

  test.each(["plain", "mirrored", "oblique"])(
    "holds the server's mask in the volume viewports of a %s series",
    async (name) => {
      const found = await stage.page.evaluate(async (name) => {
        const opened = await host.openVolume(name);
        const verdicts = [];
        for (const view of ["axial", "coronal", "sagittal"]) {
          verdicts.push(await opened.click(view));
          await opened.binding.undo();
        }
        opened.engine.destroy();
        return verdicts;
      }, name);
      expect(found.map(({ plane }) => plane)).toEqual(["axial", "coronal", "sagittal"]);
      found.forEach(good);
      expect(stage.errors).toEqual([]);
    },
  );

  test("waits for the images of a volume that is still coming", async () => {
    const [whole, coming] = await stage.page.evaluate(async () => {
      const ids = [];
      for (const open of [host.openVolume, host.openSlowVolume]) {
        const { binding, engine } = await open("plain");
        ids.push(binding.image.imageId);
        engine.destroy(); // one engine at a time draws into the elements of the page
      }
      return ids;
    });
    expect(coming).toBe(whole); // named by its voxels
    expect(stage.errors).toEqual([]);
  });

  test.each(["plain", "mirrored", "oblique"])(
    "holds it on the right images of a stack of a %s series in another order",
    async (name) => {
      const found = await stage.page.evaluate(async (name) => {
        const opened = await host.openStack(name);
        const verdict = await opened.click();
        opened.engine.destroy();
        return verdict;
      }, name);
      expect(found.plane).toBe("axial");
      good(found);
      expect(stage.errors).toEqual([]);
    },
  );

  test("encodes nothing while its window is dragged", async () => {
    const encoded = await stage.encodes(async () => {
      await stage.page.evaluate(async () => {
        const opened = await host.openVolume("plain");
        for (let n = 0; n < 5; n++) {
          opened.window(-160 - 7.5 * n, 240 + 4.5 * n);
          await opened.first("cornerstone", 0);
        }
        opened.engine.destroy();
      });
    });
    expect(encoded).toEqual([{ center: 40, width: 400 }]);
  });

  test.each([
    { tool: "MarkerInclude", kind: "point", drag: [] },
    { tool: "BoxPrompt", kind: "box", drag: [80, 80] },
    { tool: "ScribblePrompt", kind: "scribble", drag: [20, 6] },
  ])("has $tool as a tool of the primary button", async ({ tool, kind, drag }) => {
    const { page } = stage;
    const [x, y] = await page.evaluate(async (tool) => {
      const opened = await host.openVolume("plain");
      Object.assign(globalThis, { opened, release: opened.take(tool) });
      return opened.screen();
    }, tool);
    const [dx = 0, dy = 0] = drag;
    await page.mouse.move(x - dx / 2, y - dy / 2);
    await page.mouse.down();
    if (drag.length > 0) await page.mouse.move(x + dx / 2, y + dy / 2, { steps: 5 });
    await page.mouse.up();
    try {
      await page
        .waitForFunction(() => opened.area() > 0, undefined, { polling: 200, timeout: 120_000 })
        .catch((thrown) => {
          throw new Error(`No mask came of the gesture. ${stage.errors.join("; ")}`, { cause: thrown });
        });
      const given = await page.evaluate(() => opened.binding.log.done.at(-1)?.prompts?.map(({ kind }) => kind));
      expect(given).toEqual([kind]);
    } finally {
      await page.evaluate(() => {
        release();
        opened.engine.destroy();
      });
    }
    expect(stage.errors).toEqual([]);
  });

  test("takes a gesture back and brings it again by its own history", async () => {
    const areas = await stage.page.evaluate(async () => {
      const opened = await host.openVolume("plain");
      const until = async (wanted: boolean) => {
        while (opened.area() > 0 !== wanted) await new Promise((resolve) => setTimeout(resolve, 20));
        return opened.area();
      };
      await opened.click("axial");
      const before = opened.area();
      host.history.undo();
      const undone = await until(false);
      host.history.redo();
      const redone = await until(true);
      opened.engine.destroy();
      return { before, undone, redone };
    });
    expect(areas.before).toBeGreaterThan(25);
    expect(areas).toMatchObject({ undone: 0, redone: areas.before });
  });
});
