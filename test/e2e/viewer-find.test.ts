/** Names in the page, with the shipped model on a real CT: completion by keys, all structures as proposals, what a mask is called. */
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bagOfWords } from "../server/text/hub-folder.ts";
import { launchBrowser } from "../support/browser.ts";
import { dataPath, needsData, repositoryRoot } from "../support/data.ts";
import { takeScreenshot } from "../support/screenshots.ts";
import { startTestServer, type TestServer } from "../support/serve.ts";
import { builtViewer, openViewer, type Viewer } from "./viewer-page.ts";

const SERIES = "tests/ct_dicom_j2k/series";

describe("names in the page", { ...needsData(SERIES), timeout: 120_000 }, () => {
  let server: TestServer;
  let browser: Browser;
  let viewer: Viewer;
  const ends: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const clientDir = await builtViewer();
    const modelDirs = [`${repositoryRoot}/models/default`];
    const textEncoder = await bagOfWords(
      { stomach: [1, 0, 0], meal: [1, 0.1, 0], spleen: [0, 1, 0], liver: [0, 0, 1] },
      (end) => ends.push(end),
    );
    server = await startTestServer({ clientDir, modelDirs, textEncoder, study: dataPath(SERIES)! });
    browser = await launchBrowser();
  }, 300_000);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    for (const end of ends) await end();
  });
  beforeEach(async () => {
    viewer = await openViewer(browser, server.url);
  }, 120_000);
  afterEach(() => viewer.page.context().close());

  const names = () =>
    viewer.read(({ log }) => log.done.flatMap((action) => (action.kind === "add-segment" ? [action.name] : [])));
  const proposed = () => viewer.read((state) => [...state.proposed.values()]);
  const findAll = async () => {
    await viewer.page.keyboard.press("Shift+F");
    await expect.poll(proposed, { timeout: 60_000 }).toContain("liver");
    await viewer.ready();
  };

  test("Shift+F proposes the structures of the slice; one key takes them all back", async () => {
    await findAll();
    const found = await names();
    expect(found).toEqual(expect.arrayContaining(["liver", "spleen", "aorta"]));
    const masks = await viewer.masks();
    expect(masks).toHaveLength(found.length);
    expect(masks.every(({ area }) => area > 0)).toBe(true);
    await takeScreenshot(viewer.page, "found");
    await viewer.page.keyboard.press("Control+z");
    expect(await names()).toEqual([]);
    expect(viewer.problems).toEqual([]);
  });

  test("proposals are accepted and rejected one by one, or all", async () => {
    await findAll();
    const { page } = viewer;
    const before = await proposed();
    await page.getByRole("button", { name: "Accept liver" }).click();
    await page.getByRole("button", { name: "Reject spleen" }).click();
    expect(await proposed()).toEqual(before.filter((name) => name !== "liver" && name !== "spleen"));
    await page.getByRole("button", { name: "Reject all" }).click();
    expect(await proposed()).toEqual([]);
    expect(await page.getByRole("textbox", { name: /^Name of segment/ }).count()).toBe(1);
    await page.keyboard.press("Control+z");
    expect(await page.getByRole("textbox", { name: /^Name of segment/ }).count()).toBe(before.length - 1);
  });

  test("I asks what a mask may be called, and again takes the first name", async () => {
    await findAll();
    const { page } = viewer;
    await page.getByRole("button", { name: "Accept all" }).click();
    const liver = page.getByRole("textbox", { name: "Name of segment 1", exact: true });
    await liver.fill("something");
    await liver.press("Enter");
    await page.getByRole("button", { name: "Edit something" }).click();
    await page.keyboard.press("i");
    const guesses = page.getByRole("group", { name: "What it may be called" });
    await guesses.waitFor({ timeout: 60_000 });
    expect(await guesses.getByRole("button").first().innerText()).toMatch(/^liver/);
    await takeScreenshot(page, "guessed");
    await page.keyboard.press("i");
    expect(await liver.inputValue()).toBe("liver");
    expect(await guesses.count()).toBe(0);
  });

  test("completion works by keys alone, and says where it is", async () => {
    const { page } = viewer;
    const field = page.getByRole("combobox", { name: "Segment by name" });
    await page.keyboard.press("t");
    await page.keyboard.type("sple");
    const option = (n: number) => page.getByRole("listbox", { name: "Names" }).getByRole("option").nth(n);
    await option(0).waitFor();
    expect(await field.getAttribute("aria-expanded")).toBe("true");
    expect(await field.getAttribute("aria-activedescendant")).toBeNull();
    await page.keyboard.press("ArrowDown");
    expect(await field.getAttribute("aria-activedescendant")).toBe("name-0");
    expect(await option(0).getAttribute("aria-selected")).toBe("true");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Escape");
    expect(await field.getAttribute("aria-expanded")).toBe("false");
    expect(await field.inputValue()).toBe("sple");
    await page.keyboard.type("e");
    await option(0).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await viewer.ready();
    expect(await names()).toEqual(["spleen"]);
    expect((await viewer.masks())[0]?.area).toBeGreaterThan(100);
  });

  test("a phrase that is no name is completed by its meaning; as a prompt it leaves nothing but suggestions", async () => {
    const { page } = viewer;
    const meant = page.getByRole("listbox", { name: "Names" });
    await page.keyboard.press("t");
    await page.keyboard.type("meal");
    await meant.getByRole("option", { name: /^stomach/ }).waitFor();
    expect(await meant.innerText()).toMatch(/what it may mean/i);
    await takeScreenshot(page, "meant");
    await page.keyboard.press("Enter");
    const suggestion = page.getByRole("button", { name: "stomach", exact: true });
    await suggestion.waitFor();
    expect(await names()).toEqual([]);
    await takeScreenshot(page, "suggested");
    await suggestion.click();
    await viewer.ready();
    expect(await names()).toEqual(["stomach"]);
  });

  test.each([
    ["a million letters", "a".repeat(1e6)],
    ["control characters", "\u0007\u001b[31mfoo\u0000bar"],
    ["text from right to left", "\u202eكبد\u202c"],
    ["emoji", "🫀🫁👩‍⚕️"],
    ["letters that look alike", "lіvеr"],
    ["markup", "<img src=x onerror=alert(1)>"],
  ])("%s in the field leave no segment and no mistake", async (_, text) => {
    const field = viewer.page.getByRole("combobox", { name: "Segment by name" });
    await field.fill(text.slice(0, 512));
    await field.evaluate((input: HTMLInputElement, value) => {
      input.value = value; // beyond what may be typed
      input.dispatchEvent(new Event("input"));
    }, text);
    await field.press("Enter");
    await viewer.page
      .getByText(/does not know|could not be/)
      .first()
      .waitFor({ timeout: 30_000 });
    await expect.poll(names).toEqual([]);
    expect(viewer.problems.filter((problem) => !/400|422/.test(problem))).toEqual([]);
  });

  test("where a name is shows as ticks at the slices, by Alt + Enter", async () => {
    const { page } = viewer;
    await page.keyboard.press("t");
    await page.keyboard.type("spleen");
    await page.getByRole("option", { name: "spleen", exact: true }).waitFor();
    await page.getByRole("button", { name: "Where is the spleen?" }).waitFor();
    await page.keyboard.press("Alt+Enter");
    await page
      .getByRole("status")
      .filter({ hasText: /^spleen: \d+ slices/ })
      .waitFor({ timeout: 60_000 });
    const shown = await viewer.read(({ located }) => located?.places.filter((place) => place.shown).length ?? 0);
    expect(shown).toBeGreaterThan(0);
    expect(await page.locator("slice-slider .where").count()).toBe(shown);
    expect(await names()).toEqual([]);
    await takeScreenshot(page, "where");
    await page.getByRole("button", { name: "Take the marks away" }).click();
    expect(await page.locator("slice-slider .where").count()).toBe(0);
  });

  test("several names at once are a segment each, and are asked last in the list afterwards, by their own names", async () => {
    const { page } = viewer;
    const field = page.getByRole("combobox", { name: "Segment by name" });
    await field.fill("Leber, spleen");
    await field.press("Enter");
    await viewer.ready();
    expect(await names()).toEqual(["Leber", "spleen"]);
    expect((await viewer.masks()).map(({ area }) => area > 100)).toEqual([true, true]);
    await field.fill("nothing of the kind");
    await field.press("Enter");
    await page.reload();
    await viewer.ready();
    await page.getByRole("button", { name: "Browse all names" }).click();
    const list = page.getByRole("listbox", { name: "Names" });
    await expect.poll(() => list.locator("li").nth(0).innerText()).toMatch(/asked last/i);
    expect(await list.getByRole("option").nth(0).innerText()).toMatch(/^liver/);
    expect(await list.getByRole("option").nth(1).innerText()).toMatch(/^spleen/);
    expect(await list.getByRole("option", { name: /nothing/ }).count()).toBe(0);
  });

  test("what is looked for is chosen at the foot of the names: they come first, only they are proposed, and it is kept", async () => {
    const { page } = viewer;
    await page.getByRole("button", { name: "Browse all names" }).click();
    const task = page.getByRole("combobox", { name: "Look for", exact: true });
    expect(await task.inputValue()).toBe("");
    const kind = page.getByRole("combobox", { name: "Kind of image" });
    const listed = page.getByRole("listbox", { name: "Names" });
    expect(await kind.inputValue()).toBe("CT");
    await kind.selectOption({ label: "Fundus" });
    expect(await listed.getByRole("option", { name: /^aorta/ }).getAttribute("class")).toMatch(/other/);
    await kind.selectOption({ label: "CT" });
    expect(await page.getByRole("combobox", { name: "Body part" }).count()).toBe(1);
    await task.selectOption({ label: "vessels" });
    expect(
      await page
        .getByRole("listbox", { name: "Names" })
        .getByRole("option", { name: /^aorta/ })
        .getAttribute("class"),
    ).not.toMatch(/other/);
    expect(
      await page
        .getByRole("listbox", { name: "Names" })
        .getByRole("option", { name: /^liver$/ })
        .getAttribute("class"),
    ).toMatch(/other/);
    await takeScreenshot(page, "task");
    await page.getByRole("button", { name: "Find all on this slice" }).click();
    await expect.poll(proposed, { timeout: 60_000 }).toContain("aorta");
    await viewer.ready();
    expect(await proposed()).not.toContain("liver");
    await page.waitForTimeout(1000); // the rest after which work is saved
    await page.reload();
    await viewer.ready();
    expect(await viewer.read(({ image }) => image?.task)).toBe("vessel");
    expect(viewer.problems).toEqual([]);
  });

  test("all structures of all slices are proposals, which outlive a reload", async () => {
    const { page } = viewer;
    await page.getByRole("button", { name: "Browse all names" }).click();
    await takeScreenshot(page, "browse");
    await page.getByRole("button", { name: "Find all on all slices" }).click();
    await expect.poll(proposed, { timeout: 110_000 }).toContain("liver");
    await viewer.ready();
    const before = await proposed();
    const slices = await viewer.read(({ log }) =>
      log.done.flatMap((action) => (action.kind === "masks" ? [action.masks.length] : [])),
    );
    expect(Math.max(...slices)).toBeGreaterThan(3);
    await takeScreenshot(page, "volume-found");
    await page.getByRole("button", { name: "Reject spleen" }).click();
    await expect.poll(() => page.getByRole("button", { name: "Accept spleen" }).count()).toBe(0);
    await page.waitForTimeout(1000); // the rest after which work is saved
    await page.reload();
    await viewer.ready();
    await expect.poll(proposed).toEqual(before.filter((name) => name !== "spleen"));
    await page.getByRole("button", { name: "Accept all" }).click();
    expect(await proposed()).toEqual([]);
    expect((await names()).length).toBeGreaterThanOrEqual(before.length - 1);
  });
});
