/** A picture too large for one canvas: an overview at once, detail where it is looked at, and the server's own mask. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { maskIou } from "../../core/mask/mask.ts";
import { decodeRle } from "../../core/mask/rle.ts";
import type { MaskResponse } from "../../core/wire/index.ts";
import { writePng } from "../../formats/index.ts";
import { takeScreenshot } from "../support/screenshots.ts";
import type { ViewerElement } from "./viewer-page.ts";
import { inside, viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

const WIDTH = 3600;
const HEIGHT = 2400;
const DISC = { x: 1300, y: 900, radius: 420 } as const;

/** Numbers that no packer makes small: a file that grows 200-fold is refused. */
const GRAINS = new Uint8Array(WIDTH * HEIGHT);
for (let n = 0, state = 1; n < GRAINS.length; n++) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  GRAINS[n] = state >>> 27;
}
const speckle = (x: number, y: number) => GRAINS[y * WIDTH + x] ?? 0;

/** A red disc on speckled grey. */
function picture(): Uint8Array {
  const data = new Uint8Array(WIDTH * HEIGHT * 3);
  for (let y = 0, n = 0; y < HEIGHT; y++)
    for (let x = 0; x < WIDTH; x++, n += 3) {
      const onDisc = Math.hypot(x - DISC.x, y - DISC.y) < DISC.radius;
      const grain = speckle(x, y);
      data.set(onDisc ? [200, 30 + grain, 40] : [90 + grain, 100 + grain, 100 + grain], n);
    }
  return writePng({ width: WIDTH, height: HEIGHT, channels: 3, data });
}

test("it opens as an overview, is sharp where it is enlarged, and answers as the server does", async () => {
  const { viewer } = stage;
  const path = join(stage.scratch, "large.png");
  await writeFile(path, picture());
  await viewer.page.setInputFiles("input[type=file]", path);
  await viewer.page.waitForFunction((width) => {
    const { image } = (document.querySelector("viewer-app") as ViewerElement).app.store.state;
    return image?.plane.width === width && image.pixels;
  }, WIDTH);
  await viewer.ready();
  const overview = await viewer.read(({ image }) => ({
    level: image?.pixels?.part?.level,
    width: image?.pixels?.width,
  }));
  expect(overview).toEqual({ level: 1, width: WIDTH / 2 });

  await viewer.click(DISC.x, DISC.y);
  const found = await stage.only();
  expect([found.mask.width, found.mask.height]).toEqual([WIDTH, HEIGHT]);
  expect(inside(found, [DISC.x, DISC.y])).toBe(1);
  const imageId = await viewer.read(({ image }) => image?.info.imageId);
  const prompts = [{ kind: "point", x: DISC.x, y: DISC.y, label: "foreground" }];
  const response = await fetch(new URL("v1/masks", stage.server.url), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ imageId, prompts, multimask: true }),
  });
  const { masks } = (await response.json()) as MaskResponse;
  expect(maskIou(found.mask, decodeRle(masks[0].rle))).toBeGreaterThan(0.99);

  const edge = await viewer.at(DISC.x + DISC.radius, DISC.y);
  await viewer.page.mouse.move(edge.x, edge.y);
  for (let turn = 0; turn < 12; turn++) {
    await viewer.page.keyboard.down("Control");
    await viewer.page.mouse.wheel(0, -240);
    await viewer.page.keyboard.up("Control");
  }
  await viewer.page.waitForFunction(() => {
    const { image } = (document.querySelector("viewer-app") as ViewerElement).app.store.state;
    return image?.detail?.part?.level === 0;
  });
  const sharp = await viewer.read(({ image }) => {
    const { part, width, data } = image!.detail!;
    const { x0, y0 } = part!.region;
    const at = (x: number, y: number) => Array.from(data.subarray(((y - y0) * width + x - x0) * 3).subarray(0, 3));
    return [at(1719, 900), at(1721, 900)];
  });
  expect(sharp).toEqual([
    [200, 30 + speckle(1719, 900), 40],
    [90, 100, 100].map((value) => value + speckle(1721, 900)),
  ]);
  expect(viewer.problems).toEqual([]);
  await takeScreenshot(viewer.page, "large");
});
