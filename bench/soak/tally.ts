/** Counts answers, and keeps those that no document declares. */

export interface Tally {
  /** An answer of a route: its status, and the code of a problem. */
  note(route: string, status: number, code?: string): void;
  /** A request that its client ended, or whose connection the server closed as it should. */
  left(route: string): void;
  /** A mask other than before all this. */
  wrong(what: string): void;
  wrongMasks(): readonly string[];
  answers(): Readonly<Record<string, number>>;
  undeclared(): readonly string[];
}

/** `docs/openapi.json` and the error contract: 499 is only logged, and 500 is always a mistake. */
const DECLARED = new Set([200, 201, 206, 304, 400, 403, 404, 405, 406, 408, 412, 413, 415, 416, 422, 503, 504, 507]);

export function createTally(): Tally {
  const counts = new Map<string, number>();
  const undeclared = new Set<string>();
  const wrong: string[] = [];
  const count = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  return {
    note(route, status, code) {
      const key = `${route} ${status}${code ? ` ${code}` : ""}`;
      count(key);
      if (!DECLARED.has(status)) undeclared.add(key);
    },
    left: (route) => count(`${route} left`),
    wrong: (what) => void wrong.push(what),
    wrongMasks: () => wrong,
    answers: () => Object.fromEntries([...counts].sort()),
    undeclared: () => [...undeclared],
  };
}
