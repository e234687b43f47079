/** Parts of a JSON text that nobody has checked yet. */

export const listIn = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A text of at most so many characters. */
export const textIn = (value: unknown, most: number): string | undefined =>
  typeof value === "string" && value.length > 0 && value.length <= most ? value : undefined;

/** What bytes hold that begin as JSON does, whatever stands before; `undefined` for anything else. */
export function jsonIn(bytes: Uint8Array): unknown {
  const start = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
  if (!/^[{[]/.test(start)) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
}
