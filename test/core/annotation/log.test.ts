import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chainsOf, promptsOf, slicesOf, stepsOf } from "../../../core/annotation/chain.ts";
import type { EncodedRef, LogAction, LogEntry } from "../../../core/annotation/entries.ts";
import {
  append,
  canRedo,
  canUndo,
  emptyLog,
  nextNumber,
  redo,
  replay,
  segmentsOf,
  undo,
} from "../../../core/annotation/log.ts";
import { parseLog, serialiseLog } from "../../../core/annotation/log-file.ts";
import type { Digest } from "../../../core/digest.ts";
import type { Prompt } from "../../../core/wire/prompt.ts";

const IMAGE: Digest = `sha256:${"a".repeat(64)}`;
const MASK: Digest = `sha256:${"b".repeat(64)}`;

const ref = (slice: number): EncodedRef => ({
  imageId: IMAGE,
  plane: "axial",
  slice,
  window: { center: 40, width: 400 },
});

const segmentId = fc.constantFrom("a", "b");
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
  fc.record({
    kind: fc.constant("add-segment" as const),
    segmentId,
    number: fc.integer({ min: 1, max: 9 }),
    name: fc.string(),
    colour: fc.string(),
  }),
  fc.record({ kind: fc.constant("change-segment" as const), segmentId, name: fc.string(), locked: fc.boolean() }),
  fc.record({ kind: fc.constant("order-segments" as const), segmentIds: fc.array(segmentId) }),
  fc.record({
    kind: fc.constant("masks" as const),
    segmentId,
    origin: fc.constantFrom("edited" as const, "imported" as const),
    masks: fc.array(fc.record({ at, mask: fc.constant(MASK) }), { minLength: 1, maxLength: 3 }),
  }),
  fc.record({ kind: fc.constant("remove-segment" as const), segmentId }),
  fc.record({ kind: fc.constant("prompt" as const), segmentId, at, prompts: fc.array(prompt, { minLength: 1 }) }),
  fc.record({ kind: fc.constant("choose" as const), segmentId, at, candidate: fc.nat(2) }),
  fc.record({ kind: fc.constant("clear" as const), segmentId, at }),
);
const entry: fc.Arbitrary<LogEntry> = fc.oneof(
  { weight: 4, arbitrary: action },
  { weight: 2, arbitrary: fc.constant({ kind: "undo" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "redo" as const }) },
);
const anyLog = fc.array(entry, { maxLength: 25 }).map(replay);

const click = (x: number, slice = 0, segment = "a"): LogAction => ({
  kind: "prompt",
  segmentId: segment,
  at: ref(slice),
  prompts: [{ kind: "point", x, y: 1, label: "foreground" }],
});
const here = ref(0);

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
    expect(promptsOf(log, "a", here)).toMatchObject([{ x: 2 }]);
    expect(log.entries).toHaveLength(3);
  });

  test("undo and redo with nothing to do return the same log", () => {
    const log = append(emptyLog(), click(1));
    expect(redo(log)).toBe(log);
    expect(undo(emptyLog()).entries).toEqual([]);
  });
});

describe("what a log says", () => {
  test("prompts belong to one segment on one slice", () => {
    const log = replay([click(1), click(2, 1), click(3, 0, "b"), click(4)]);
    expect(promptsOf(log, "a", here)).toMatchObject([{ x: 1 }, { x: 4 }]);
    expect(promptsOf(log, "b", here)).toMatchObject([{ x: 3 }]);
    expect(slicesOf(log, "a").map(({ slice }) => slice)).toEqual([0, 1]);
  });

  test("a choice of candidate belongs to the step before it", () => {
    const log = replay([click(1), { kind: "choose", segmentId: "a", at: ref(0), candidate: 2 }, click(2)]);
    expect(stepsOf(log, "a", here).map(({ candidate }) => candidate)).toEqual([2, 0]);
    expect(stepsOf(undo(undo(log)), "a", here).map(({ candidate }) => candidate)).toEqual([0]);
  });

  test("clearing forgets one slice, removing the whole segment", () => {
    const log = replay([click(1), click(2, 1), { kind: "clear", segmentId: "a", at: ref(0) }]);
    expect(promptsOf(log, "a", here)).toEqual([]);
    expect(slicesOf(log, "a").map(({ slice }) => slice)).toEqual([1]);
    const removed = append(log, { kind: "remove-segment", segmentId: "a" });
    expect(slicesOf(removed, "a")).toEqual([]);
    expect(slicesOf(undo(removed), "a")).toHaveLength(1);
  });

  const add = (segmentId: string, number: number, name: string): LogAction => ({
    kind: "add-segment",
    segmentId,
    number,
    name,
    colour: "#E69F00",
  });

  test("segments keep their order, take new names and are put in another order", () => {
    const log = replay([
      add("a", 1, "liver"),
      add("b", 2, "spleen"),
      add("c", 3, "aorta"),
      { kind: "change-segment", segmentId: "a", name: "Liver" },
      { kind: "change-segment", segmentId: "b", locked: true },
      { kind: "change-segment", segmentId: "z", name: "nobody" },
      { kind: "order-segments", segmentIds: ["c", "a"] },
    ]);
    expect(segmentsOf(log).map(({ name }) => name)).toEqual(["aorta", "Liver", "spleen"]);
    expect(segmentsOf(log).map(({ locked }) => locked)).toEqual([false, false, true]);
    expect(segmentsOf(log)[1]).toEqual({ segmentId: "a", number: 1, name: "Liver", colour: "#E69F00", locked: false });
  });

  test("the numbers of removed and of undone segments are not given again", () => {
    const removed = replay([add("a", 1, "liver"), add("b", 2, "spleen"), { kind: "remove-segment", segmentId: "b" }]);
    expect(nextNumber(removed)).toBe(3);
    expect(nextNumber(undo(append(emptyLog(), add("a", 1, "liver"))))).toBe(2);
  });

  test("a kept mask replaces the prompts of its slices, and later prompts refine it", () => {
    const kept: LogAction = {
      kind: "masks",
      segmentId: "a",
      origin: "propagated",
      masks: [
        { at: { imageId: IMAGE, plane: "axial", slice: 0 }, mask: MASK },
        { at: { imageId: IMAGE, plane: "axial", slice: 1 }, mask: MASK, doubtful: true },
      ],
    };
    const log = replay([add("a", 1, "liver"), click(1), kept, click(2, 1)]);
    const [first, second] = chainsOf(log, IMAGE);
    expect([first?.steps.length, first?.base?.origin, second?.steps.length]).toEqual([0, "propagated", 1]);
    expect(second?.base).toMatchObject({ mask: MASK, doubtful: true });
    expect(chainsOf(undo(undo(log)), IMAGE).map(({ base }) => base)).toEqual([undefined]);
    expect(chainsOf(log, "another image")).toEqual([]);
  });

  test("a chain is named by all that decides its mask", () => {
    const keys = [
      [click(1)],
      [click(2)],
      [click(1), click(2)],
      [click(1), { kind: "choose" as const, segmentId: "a", at: ref(0), candidate: 1 }],
      [click(1), { kind: "choose" as const, segmentId: "a", at: ref(0), candidate: 1 }, click(2)],
    ].map((actions) => chainsOf(replay([add("a", 1, "liver"), ...actions]), IMAGE)[0]?.key);
    expect(new Set(keys).size).toBe(5);
  });
});

describe("parseLog", () => {
  const text = (entries: unknown) => JSON.stringify({ version: 2, entries });

  test.each([
    { name: "no JSON", log: "{", path: "" },
    { name: "version 0", log: '{"version":0,"entries":[]}', path: "version" },
    { name: "no lines", log: '{"version":2}', path: "entries" },
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

  test("keeps a log of a later release by refusing it by name", () => {
    expect(() => parseLog('{"version":4,"entries":[{"kind":"from the future"}]}')).toThrow("NewerVersion");
  });

  test("reads a log of version 1 as segments", () => {
    const at = { ...ref(0), embeddingId: "sha256:1" };
    const entries = [
      { kind: "add-object", objectId: "label-2", name: "liver", color: "#E69F00" },
      { kind: "rename-object", objectId: "label-2", name: "Liver", color: "#009E73" },
      { ...click(1), segmentId: undefined, objectId: "label-2", at },
      { kind: "undo" },
    ];
    const log = parseLog(JSON.stringify({ version: 1, entries }));
    expect(segmentsOf(log)).toEqual([
      { segmentId: "label-2", number: 2, name: "Liver", colour: "#009E73", locked: false },
    ]);
    expect(promptsOf(redo(log), "label-2", ref(0))).toMatchObject([{ x: 1 }]);
    expect(JSON.stringify(log)).not.toContain("embeddingId");
  });
});
