/** Two tabs without locks: whoever saves second takes in what the first has saved, and no line is lost. */
import { expect, test, vi } from "vitest";
import type { Context } from "../../../client/app/context/context.ts";
import { readJournal } from "../../../client/app/kept/journal.ts";
import type { Kept, Library } from "../../../client/app/kept/library.ts";
import { createSaver } from "../../../client/app/kept/saver.ts";
import type { State } from "../../../client/app/state/state.ts";
import { createStore } from "../../../client/app/state/store.ts";
import { promptsOf } from "../../../core/annotation/chain.ts";
import { append, emptyLog, type PromptLog, segmentsOf } from "../../../core/annotation/log.ts";
import { parseLog } from "../../../core/annotation/log-file.ts";

vi.stubGlobal("sessionStorage", { removeItem: () => {}, getItem: () => null });
vi.stubGlobal("navigator", {});
const local = new Map<string, string>();
vi.stubGlobal("localStorage", {
  getItem: (key: string) => local.get(key) ?? null,
  setItem: (key: string, value: string) => void local.set(key, value),
  removeItem: (key: string) => void local.delete(key),
});

const imageId = `sha256:${"d".repeat(64)}` as const;
const at = { imageId, plane: "axial", slice: 3, window: null } as const;

/** A library in memory with the compare-and-swap of the real one. */
function memoryLibrary() {
  const works = new Map<string, Kept>();
  const put: Library["put"] = async (work, revision) => {
    if ((works.get(work.imageId)?.revision ?? 0) !== revision) return undefined;
    works.set(work.imageId, { ...work, revision: revision + 1 });
    return revision + 1;
  };
  return { works, library: { get: async (id: string) => works.get(id), put } as unknown as Library };
}

function tabOn(library: Library) {
  const image = {
    info: { imageId, size: [4, 4, 4] },
    name: "ct",
    modality: "CT",
    plane: { plane: "axial" },
    slice: 3,
    window: null,
    encodeWindow: null,
  };
  const state = {
    image,
    log: emptyLog(),
    keeping: { state: "kept" },
    hidden: new Set(),
    proposed: new Map(),
  } as unknown as State;
  const store = createStore(state);
  const saver = createSaver({
    context: { store } as Context,
    opened: Promise.resolve(library),
    masksKept: async () => {},
    isWriter: () => true,
    onSaved: () => {},
    onChange: () => {},
  });
  const click = (number: number, x = number) => {
    const segmentId = `segment-${number}`;
    const added = append(store.state.log, { kind: "add-segment", segmentId, number, name: segmentId, colour: "#fff" });
    const prompts = [{ kind: "point", x, y: 1, label: "foreground" }] as const;
    store.set({ log: append(added, { kind: "prompt", segmentId, at, prompts }) });
  };
  return { store, saver, click };
}

const clicks = (log: PromptLog) => segmentsOf(log).flatMap(({ segmentId }) => promptsOf(log, segmentId, at)).length;

test("both tabs' lines are kept, and segments get numbers of their own", async () => {
  const { works, library } = memoryLibrary();
  const [first, second] = [tabOn(library), tabOn(library)];
  await first.saver.read(imageId);
  await second.saver.read(imageId);
  first.click(1);
  await first.saver.save();
  second.click(1, 50);
  await second.saver.save();
  const kept = parseLog(works.get(imageId)?.log ?? "");
  expect(segmentsOf(kept).map(({ number }) => number)).toEqual([1, 2]);
  expect(clicks(kept)).toBe(2);
  first.click(3);
  await first.saver.save();
  expect(clicks(parseLog(works.get(imageId)?.log ?? ""))).toBe(3);
});

test("what cannot be read is not written over, and that is said", async () => {
  const { works, library } = memoryLibrary();
  const tab = tabOn({ ...library, get: () => Promise.reject(new Error("broken")) });
  await tab.saver.read(imageId);
  tab.click(1);
  await tab.saver.save();
  expect(works.size).toBe(0);
  expect(tab.store.state.keeping.state).toBe("unavailable");
});

test("a full storage is said, and the work is kept as soon as there is room", async () => {
  const { works, library } = memoryLibrary();
  let full = true;
  const put: Library["put"] = (work, revision) =>
    full ? Promise.reject(new DOMException("", "QuotaExceededError")) : library.put(work, revision);
  const tab = tabOn({ ...library, put });
  await tab.saver.read(imageId);
  tab.click(1);
  await tab.saver.save();
  expect(tab.store.state.keeping.state).toBe("full");
  full = false;
  tab.click(2);
  await tab.saver.save();
  expect(tab.store.state.keeping.state).toBe("kept");
  expect(works.size).toBe(1);
});

test("the line just given is safe before the database has it, and leaves the journal once it has", async () => {
  const { library } = memoryLibrary();
  const tab = tabOn(library);
  await tab.saver.read(imageId);
  tab.click(1);
  const saved = tab.saver.save();
  expect(clicks(readJournal(imageId) ?? emptyLog())).toBe(1);
  await saved;
  expect(readJournal(imageId)).toBeUndefined();
});
