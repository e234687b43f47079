/** The segment list in Chromium: order by drag, one alone, how far a person is. */
import { expect, test } from "vitest";
import { viewerStage } from "./viewer-stage.ts";

const stage = viewerStage();

async function paintThree() {
  const { page, at } = stage.viewer;
  await page.keyboard.press("d");
  for (const [n, x] of [60, 100, 140].entries()) {
    if (n > 0) await page.keyboard.press("n");
    const { x: left, y: top } = await at(x, 80);
    await page.mouse.click(left, top);
  }
  expect(await stage.viewer.masks()).toHaveLength(3);
}

const order = () =>
  stage.viewer.read((state) => {
    const [, , , ...rest] = state.log.done;
    const ordered = rest.findLast(({ kind }) => kind === "order-segments");
    return ordered?.kind === "order-segments" ? ordered.segmentIds.join(" ") : "";
  });

test("a segment is dragged to the place of another, and undo brings it back", async () => {
  await paintThree();
  const { page } = stage.viewer;
  await page
    .getByRole("button", { name: "Edit Segment 3" })
    .dragTo(page.getByRole("textbox", { name: "Name of segment 1" }));
  expect(await order()).toBe("segment-3 segment-1 segment-2");
  await page.keyboard.press("Control+z");
  expect(await order()).toBe("");
});

test("one is shown alone, and all again", async () => {
  await paintThree();
  const alone = stage.viewer.page.getByRole("button", { name: "Only this" });
  await alone.click();
  expect(await stage.viewer.read((state) => [...state.hidden].join(" "))).toBe("segment-1 segment-2");
  await alone.click();
  expect(await stage.viewer.read((state) => state.hidden.size)).toBe(0);
});

test("a hidden segment is shown again by a prompt or a stroke, and stays hidden when it is renamed", async () => {
  await paintThree();
  const { page, read } = stage.viewer;
  const hidden = () => read((state) => [...state.hidden].join(" "));
  const hide = page.getByRole("button", { name: "Hide Segment 3" });
  await hide.click();
  await page.getByRole("textbox", { name: "Name of segment 3" }).fill("Segment 3 b");
  await page.keyboard.press("Enter");
  expect(await hidden()).toBe("segment-3");
  await stage.viewer.click(150, 90);
  expect(await hidden()).toBe("");
  await page.getByRole("button", { name: "Hide Segment 3 b" }).click();
  await page.getByRole("button", { name: "Hide Segment 1" }).click();
  await page.locator("image-stage canvas").first().focus();
  await page.keyboard.press("p");
  await stage.viewer.click(160, 90);
  expect(await hidden()).toBe("segment-1");
});

test("a name goes into its own segment or a new one, and never takes the name of another", async () => {
  const { page } = stage.viewer;
  const names = () =>
    page
      .locator("segment-row input[aria-label^='Name of segment']")
      .evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
  const ask = async (name: string) => {
    await page.locator("image-stage canvas").first().focus();
    await page.keyboard.press("t");
    await page.keyboard.type(name);
    await page.keyboard.press("Enter");
    await page.getByText(/does not know|was not recognised/).waitFor();
    await page.locator("toast-stack").getByRole("button", { name: "Dismiss" }).first().click();
  };
  await page.getByRole("combobox", { name: "Add segments from preset" }).selectOption({ label: "Abdomen" });
  await expect.poll(async () => (await names())[0]).toBe("liver");
  const before = await names();
  await ask("flurbel");
  expect(await names()).toEqual(before);
  await page.keyboard.press("n");
  const withEmpty = await names();
  await ask("flurbel");
  expect(await names()).toEqual(withEmpty);
});

test("a segment that is checked says so, and still does after a reload", async () => {
  await paintThree();
  const { page } = stage.viewer;
  await page.getByRole("combobox", { name: "Review of Segment 3" }).selectOption("checked");
  expect(await stage.viewer.read((state) => state.log.done.at(-1)?.kind)).toBe("change-segment");
  await page.reload();
  await stage.viewer.ready();
  expect(await page.getByRole("combobox", { name: "Review of Segment 3" }).inputValue()).toBe("checked");
});

test("a group is hidden, locked and renamed as a whole, listed by its name alone, and kept; one undo takes a step of it back", async () => {
  await paintThree();
  const { page, read } = stage.viewer;
  for (const n of [1, 3]) {
    await page.getByRole("button", { name: `Edit Segment ${n}` }).click();
    await page.getByRole("combobox", { name: `Group of Segment ${n}` }).fill("Lungs");
    await page.keyboard.press("Enter");
  }
  const rows = () =>
    page
      .locator("segment-row input[aria-label^='Name of segment']")
      .evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
  expect(await rows()).toEqual(["Segment 1", "Segment 3", "Segment 2"]);
  await page.getByRole("button", { name: "Hide Lungs" }).click();
  expect(await read((state) => [...state.hidden].sort().join(" "))).toBe("segment-1 segment-3");
  await page.getByRole("button", { name: "Show Lungs" }).click();
  expect(await read((state) => state.hidden.size)).toBe(0);
  await page.getByRole("button", { name: "Lock Lungs" }).click();
  await page.getByRole("button", { name: "Unlock Lungs" }).waitFor();
  await page.locator("image-stage canvas").first().focus();
  await page.keyboard.press("Control+z");
  await page.getByRole("button", { name: "Lock Lungs", exact: true }).waitFor();
  await page.getByRole("button", { name: "List the segments of Lungs" }).click();
  expect(await rows()).toEqual(["Segment 2"]);
  await page.getByRole("textbox", { name: "Name of the group Lungs" }).fill("Chest");
  await page.keyboard.press("Enter");
  await page.getByRole("textbox", { name: "Name of the group Chest" }).waitFor();
  await page.reload();
  await stage.viewer.ready();
  await page.getByRole("textbox", { name: "Name of the group Chest" }).waitFor();
  expect(await rows()).toEqual(["Segment 1", "Segment 3", "Segment 2"]);
  await page.getByRole("textbox", { name: "Name of the group Chest" }).fill("");
  await page.keyboard.press("Enter");
  expect(await rows()).toEqual(["Segment 1", "Segment 3", "Segment 2"]);
  expect(await page.locator("segment-group").count()).toBe(0);
});

test("a preset adds its segments as one step of undo; a file of one's own adds what is not there yet", async () => {
  const { page, read } = stage.viewer;
  const names = () => read(({ log }) => log.done.flatMap((line) => (line.kind === "add-segment" ? [line.name] : [])));
  const preset = page.getByRole("combobox", { name: "Add segments from preset" });
  await preset.selectOption("Abdomen");
  expect((await names()).slice(0, 3)).toEqual(["liver", "spleen", "right kidney"]);
  expect(await read(({ activeSegment }) => activeSegment)).toBe("segment-1");
  await preset.selectOption("Abdomen");
  await page.getByText("All segments of “Abdomen” are there already.").waitFor();
  await page.keyboard.press("Control+z");
  expect(await names()).toEqual([]);
  const file = page.getByLabel("JSON file of segments");
  const give = (text: string) =>
    file.setInputFiles({ name: "mine.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await give('{"segments": [{"name": "Lesion A", "colour": "#ff8800"}, {"name": ""}]}');
  await page.getByText("segments[1].name").waitFor();
  expect(await names()).toEqual([]);
  await give('{"segments": [{"name": "Lesion A", "colour": "#ff8800"}, {"name": "Lesion B"}]}');
  expect(await names()).toEqual(["Lesion A", "Lesion B"]);
  await page.reload();
  await stage.viewer.ready();
  expect(await page.getByRole("textbox", { name: "Name of segment 17" }).inputValue()).toBe("Lesion A");
});
