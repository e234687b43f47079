/** The list of names itself: nothing twice, nothing that points nowhere. */
import { describe, expect, test } from "vitest";
import { readPhrase } from "../../../core/text/words.ts";
import { entries, saidOf, taught, vocabulary } from "./shipped-names.ts";

describe("the file", () => {
  const ids = new Set(entries.map(({ id }) => id));

  test("ids are sorted and unique, and parents and stand-ins are there and taught", () => {
    expect([...ids].toSorted()).toEqual(entries.map(({ id }) => id));
    for (const { id, parent, instead = [] } of entries) {
      expect(parent === undefined || ids.has(parent), id).toBe(true);
      for (const other of instead)
        expect(
          taught.map((entry) => entry.id),
          id,
        ).toContain(other);
    }
  });

  test("no parent is its own ancestor, and a side has the other side", () => {
    const byId = new Map(entries.map((entry) => [entry.id, entry]));
    for (const entry of entries) {
      const seen = new Set([entry.id]);
      for (let at = entry.parent; at !== undefined; at = byId.get(at)?.parent) {
        expect(seen.has(at), entry.id).toBe(false);
        seen.add(at);
      }
      if (!entry.side) continue;
      expect(entry.name.startsWith(`${entry.side} `)).toBe(true);
    }
  });

  test("no entry says one thing twice, and everything said leaves words", () => {
    for (const entry of entries) {
      const texts = saidOf(entry).map(({ text }) => text);
      expect(new Set(texts).size, entry.id).toBe(texts.length);
      for (const text of texts) expect(readPhrase(text).key, `${entry.id}: ${text}`).not.toBe("");
    }
  });

  test("a code is of one structure, its side aside", () => {
    const owners = new Map<string, Set<string>>();
    for (const { name, code } of entries) {
      if (!code) continue;
      const sideless = name.replace(/^(left|right) /, "");
      owners.set(code.value, (owners.get(code.value) ?? new Set()).add(sideless));
    }
    expect([...owners].filter(([, names]) => names.size > 1)).toEqual([]);
  });

  test("every name is of one kind, and a side of that of its whole", () => {
    const kinds = new Map(entries.map(({ id, kind }) => [id, kind]));
    for (const { id, kind, side, parent } of entries) {
      expect(kind, id).toBeDefined();
      if (side && parent) expect(kind, id).toBe(kinds.get(parent));
    }
  });

  test("a name that is not taught is no prompt and says what it is", () => {
    for (const entry of entries.filter((other) => other.taught === false)) {
      expect(vocabulary.resolve(entry.name)).toMatchObject({ known: false, term: null, untaught: entry.name });
    }
  });
});
