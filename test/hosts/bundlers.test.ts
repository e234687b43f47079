/** The packed client in pages that other bundlers than Vite made, or none, and in React and Vue. */
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { buildPage, ISOLATED } from "../support/serve.ts";
import { withEsbuild, withNext, withoutBundler, withWebpack } from "./builders.ts";
import { hostStage } from "./stage.ts";

declare const host: { click(): Promise<{ backend: string; reason: string; area: number }> };

describe.each([
  ["esbuild", withEsbuild],
  ["webpack", withWebpack],
  ["Next.js", withNext],
  ["an import map", withoutBundler],
  ["an import map, isolated", async () => ({ ...(await withoutBundler()), headers: ISOLATED })],
])("a page by %s", (_name, make) => {
  const stage = hostStage("", make);

  test("starts the worker, and a click gives a mask", async () => {
    const { backend, reason, area } = await stage.page.evaluate(() => host.click());
    expect(reason).toMatch(/^WASM/);
    expect(backend).toBe("wasm");
    expect(area).toBeGreaterThan(50);
    expect(stage.errors).toEqual([]);
  });
});

const pageOf = (name: string) => fileURLToPath(new URL(`pages/${name}`, import.meta.url));

describe.each([
  ["React", () => buildPage(pageOf("react"))],
  ["Vue", () => buildPage(pageOf("vue"), `${pageOf("vue")}/vite.config.js`)],
  ["Next.js", withNext],
])("<promptomy-viewer> in %s", (_name, make) => {
  const stage = hostStage("", make);

  test("tells the component of the mask of a click", async () => {
    const viewer = stage.page.locator("promptomy-viewer");
    await viewer
      .getByText(/^Slice \d+|\d+ of \d+/)
      .first()
      .waitFor({ timeout: 60_000 });
    await viewer.locator("canvas").first().click();
    await stage.page.locator("output", { hasText: /^[1-9]\d* pixels$/ }).waitFor({ timeout: 60_000 });
    expect(stage.errors).toEqual([]);
  });
});
