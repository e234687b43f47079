import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  append,
  canRedo,
  canUndo,
  emptyLog,
  type LogAction,
  type LogEntry,
  objectsOf,
  parseLog,
  promptsOf,
  redo,
  replay,
  type SliceRef,
  serialiseLog,
  sliceKeyOf,
  slicesOf,
  stepsOf,
  undo,
} from "../../../core/annotation/log.ts";
import type { Prompt } from "../../../core/wire/prompt.ts";

const ref = (slice: number): SliceRef => ({
  imageId: `sha256:${"a".repeat(64)}`,
  plane: "axial",
  slice,
  window: { center: 40, width: 400 },
});

const objectId = fc.constantFrom("a", "b");
const at = fc.integer({ min: 0, max: 2 }).map(ref);
const number = fc.integer({ min: -50, max: 600 });
const label = fc.constantFrom("foreground" as const, "background" as const);
const vertex = fc.tuple(number, number);
const prompt: fc.Arbitrary<Prompt> = fc.oneof(
  fc.record({ kind: fc.constant("point" as const), x: number, y: number, label }),
  fc.record({ kind: fc.constant("box" as const), x0: number, y0: number, x1: number, y1: number }),
  fc.record({ kind: fc.constant("lasso" as const), points: fc.array(vertex, { minLength: 3, maxLength: 5 }), label }),
  fc.record({ kind: fc.constant("text" as const), text: fc.string({ minLength: 1 }) }),
  fc.constant<Prompt>({ kind: "mask", rle: { size: [1, 2], counts: [1, 1] } }),
);
const action: fc.Arbitrary<LogAction> = fc.oneof(
  fc.record({ kind: fc.constant("add-object" as const), objectId, name: fc.string(), color: fc.string() }),
  fc.record({ kind: fc.constant("rename-object" as const), objectId, name: fc.string(), color: fc.string() }),
  fc.record({ kind: fc.constant("remove-object" as const), objectId }),
  fc.record({ kind: fc.constant("prompt" as const), objectId, at, prompts: fc.array(prompt, { minLength: 1 }) }),
  fc.record({ kind: fc.constant("choose" as const), objectId, at, candidate: fc.nat(2) }),
  fc.record({ kind: fc.constant("clear" as const), objectId, at }),
);
const entry: fc.Arbitrary<LogEntry> = fc.oneof(
  { weight: 4, arbitrary: action },
  { weight: 2, arbitrary: fc.constant({ kind: "undo" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "redo" as const }) },
);
const anyLog = fc.array(entry, { maxLength: 25 }).map(replay);

const click = (x: number, slice = 0, object = "a"): LogAction => ({
  kind: "prompt",
  objectId: object,
  at: ref(slice),
  prompts: [{ kind: "point", x, y: 1, label: "foreground" }],
});
const key = sliceKeyOf(ref(0));

describe("prompt log laws", () => {
  test("undo after any action gives the state before it, and redo the state after it", () => {
    fc.assert(
      fc.property(anyLog, action, (log, step) => {
        const after = append(log, step);
        expect(undo(after).done).toEqual(log.done);
        expect(redo(undo(after)).done).toEqual(after.done);
      }),
    );
  });

  test("as many undos as actions lead to nothing, as many redos back", () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        let back = log;
        for (let n = 0; n < log.done.length; n++) back = undo(back);
        expect(back.done).toEqual([]);
        expect(canUndo(back)).toBe(false);
        for (let n = 0; n < log.done.length; n++) back = redo(back);
        expect(back.done).toEqual(log.done);
      }),
    );
  });

  test("entries are only ever added, and the old log stays as it was", () => {
    fc.assert(
      fc.property(anyLog, entry, (log, next) => {
        const before = structuredClone(log);
        const after = append(log, next);
        expect(after.entries.slice(0, log.entries.length)).toEqual(log.entries);
        expect(log).toEqual(before);
      }),
    );
  });

  test("replaying the entries, or reading back the text, gives the same log", () => {
    fc.assert(
      fc.property(anyLog, (log) => {
        expect(replay(log.entries)).toEqual(log);
        expect(parseLog(serialiseLog(log))).toEqual(log);
      }),
    );
  });

  test("a new action forgets what could be redone", () => {
    const log = append(undo(append(emptyLog(), click(1))), click(2));
    expect(canRedo(log)).toBe(false);
    expect(promptsOf(log, "a", key)).toMatchObject([{ x: 2 }]);
    expect(log.entries).toHaveLength(3);
  });

  test("undo and redo with nothing to do return the same log", () => {
    const log = append(emptyLog(), click(1));
    expect(redo(log)).toBe(log);
    expect(undo(emptyLog()).entries).toEqual([]);
  });
});

describe("what a log says", () => {
  test("prompts belong to one object on one slice", () => {
    const log = replay([click(1), click(2, 1), click(3, 0, "b"), click(4)]);
    expect(promptsOf(log, "a", key)).toMatchObject([{ x: 1 }, { x: 4 }]);
    expect(promptsOf(log, "b", key)).toMatchObject([{ x: 3 }]);
    expect(slicesOf(log, "a").map(({ slice }) => slice)).toEqual([0, 1]);
  });

  test("a choice of candidate belongs to the step before it", () => {
    const log = replay([click(1), { kind: "choose", objectId: "a", at: ref(0), candidate: 2 }, click(2)]);
    expect(stepsOf(log, "a", key).map(({ candidate }) => candidate)).toEqual([2, 0]);
    expect(stepsOf(undo(undo(log)), "a", key).map(({ candidate }) => candidate)).toEqual([0]);
  });

  test("clearing forgets one slice, removing the whole object", () => {
    const log = replay([click(1), click(2, 1), { kind: "clear", objectId: "a", at: ref(0) }]);
    expect(promptsOf(log, "a", key)).toEqual([]);
    expect(slicesOf(log, "a").map(({ slice }) => slice)).toEqual([1]);
    const removed = append(log, { kind: "remove-object", objectId: "a" });
    expect(slicesOf(removed, "a")).toEqual([]);
    expect(slicesOf(undo(removed), "a")).toHaveLength(1);
  });

  test("objects keep their order and take new names", () => {
    const log = replay([
      { kind: "add-object", objectId: "a", name: "liver", color: "#E69F00" },
      { kind: "add-object", objectId: "b", name: "spleen", color: "#56B4E9" },
      { kind: "rename-object", objectId: "a", name: "Liver", color: "#009E73" },
      { kind: "rename-object", objectId: "c", name: "nobody", color: "#000000" },
    ]);
    expect(objectsOf(log).map(({ name }) => name)).toEqual(["Liver", "spleen"]);
  });
});

describe("parseLog", () => {
  const text = (entries: unknown) => JSON.stringify({ version: 1, entries });

  test.each([
    { name: "no JSON", log: "{", path: "" },
    { name: "another version", log: '{"version":2,"entries":[]}', path: "version" },
    { name: "no lines", log: '{"version":1}', path: "entries" },
    { name: "a number", log: "7", path: "version" },
    { name: "an unknown line", log: text([{ kind: "undo" }, { kind: "explode" }]), path: "entries[1]" },
    { name: "a line without kind", log: text([null]), path: "entries[0]" },
    { name: "an inherited kind", log: text([{ kind: "toString" }]), path: "entries[0]" },
    { name: "a point without y", log: text([{ ...click(1), prompts: [{ kind: "point", x: 1 }] }]), path: "entries[0]" },
    {
      name: "a slice that is no number",
      log: text([{ ...click(1), at: { ...ref(0), slice: "0" } }]),
      path: "entries[0]",
    },
    { name: "no prompts", log: text([{ ...click(1), prompts: [] }]), path: "entries[0]" },
  ])("refuses $name and says where", ({ log, path }) => {
    expect(() => parseLog(log)).toThrow(`"path":"${path}"`);
  });
});
