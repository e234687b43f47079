/** Several pictures given at once, each an image of its own: in Chromium on the built viewer and the real server. */
import { encode } from "fast-png";
import { expect, test } from "vitest";
import { writeNiftiLabelmap } from "../../formats/index.ts";
import { viewerStage } from "./viewer-stage.ts";
import { named } from "./viewer-work.ts";

const stage = viewerStage();

/** Grey with a bright square; each `seed` is another picture. */
const picture = (seed: number) => {
  const data = Uint8Array.from({ length: 80 * 60 }, (_, n) => (n % 80 > 20 + seed && n % 80 < 60 ? 200 : 40));
  return Buffer.from(encode({ width: 80, height: 60, channels: 1, data }));
};
const file = (name: string, buffer: Buffer) => ({ name, mimeType: "image/png", buffer });
const PICTURES = [
  file("scan-10.png", picture(3)),
  file("scan-2.png", picture(2)),
  file("scan-1.png", Buffer.from("no picture")),
  file("scan-3.png", Buffer.from("no picture either")),
  file("scan-9.png", picture(1)),
];

const name = () => stage.viewer.read((state) => state.image?.name);
const place = () => stage.viewer.page.getByRole("group", { name: "Pictures of the list" }).innerText();

async function open() {
  const { page } = stage.viewer;
  await page.getByLabel("Open image files").setInputFiles(PICTURES);
  await named(page, "scan-2.png");
  await stage.viewer.ready();
}

test("pictures that are picked together are a list in the order of their numbers, and each keeps its own work", async () => {
  const { page } = stage.viewer;
  await open();
  expect(await place()).toBe("2 of 5");
  expect(await stage.viewer.read((state) => state.image?.info.warnings)).toEqual([]);
  await stage.viewer.click(50, 30);
  const [mask] = await stage.viewer.masks();
  for (const key of [".", "."]) await page.keyboard.press(key);
  await named(page, "scan-9.png");
  await stage.viewer.ready();
  expect(await stage.viewer.masks()).toEqual([]);
  await page.keyboard.press(".");
  await named(page, "scan-10.png");
  expect(await place()).toBe("5 of 5");
  for (let n = 0; n < 3; n++) await page.getByRole("button", { name: "Previous picture" }).click();
  await named(page, "scan-2.png");
  await stage.viewer.ready();
  expect(await stage.viewer.masks()).toEqual([mask]);
});

test("a picture that cannot be read is named and passed by", async () => {
  const { page } = stage.viewer;
  await open();
  await page.keyboard.press(".");
  await page.getByText("scan-3.png could not be opened.").waitFor();
  expect(await name()).toBe("scan-2.png");
  await page.keyboard.press(".");
  await named(page, "scan-9.png");
  await page.getByText("scan-3.png could not be opened.").waitFor({ state: "hidden" });
  for (let n = 0; n < 3; n++) await page.getByRole("button", { name: "Previous picture" }).click();
  await page.getByText("scan-1.png could not be opened.").waitFor();
  expect(await stage.viewer.read((state) => state.loading)).toBeUndefined();
});

test("volumes of a 4-D file are gone through, each an image of its own", async () => {
  const { page } = stage.viewer;
  const size = [40, 32, 4] as const;
  const voxels = size[0] * size[1] * size[2];
  const labels = Uint8Array.from({ length: 3 * voxels }, (_, n) => 30 * Math.floor(n / voxels) + (n % 40));
  const ijkToLps = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1] as const;
  const buffer = Buffer.from(writeNiftiLabelmap({ labels, size, ijkToLps, volumes: 3 }, { gzip: true }));
  const input = page.getByLabel("Open image files");
  await input.setInputFiles({ name: "rest.nii.gz", mimeType: "application/gzip", buffer });
  await page.getByRole("button", { name: "Open as image" }).click();
  await named(page, "rest.nii.gz");
  await page.getByRole("group", { name: "Pictures of the list" }).waitFor();
  expect(await place()).toBe("1 of 3");
  const first = await stage.viewer.read((state) => state.image?.info.imageId);
  await page.keyboard.press(".");
  await named(page, "rest.nii.gz, volume 2 of 3");
  await stage.viewer.ready();
  const shown = await stage.viewer.read((state) => [...state.image!.pixels!.data].slice(0, 3));
  expect(shown).toEqual([30, 31, 32]);
  await page.keyboard.press(",");
  await named(page, "rest.nii.gz, volume 1 of 3");
  expect(await stage.viewer.read((state) => state.image?.info.imageId)).toBe(first);
  expect(stage.viewer.problems).toEqual([]);
});

test("a list of nothing that can be read opens nothing and says so", async () => {
  const { page } = stage.viewer;
  const before = await name();
  await page.getByLabel("Open image files").setInputFiles(PICTURES.filter(({ buffer }) => !buffer.includes("PNG")));
  await page.getByText("This could not be opened.").waitFor();
  expect(await name()).toBe(before);
});
