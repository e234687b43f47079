import { expect } from "vitest";
import { isSegmenterError } from "../../core/errors.ts";

/** Code of the error that a call ends with; undefined when it succeeds. Anything that is not ours is thrown on. */
export async function codeOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (thrown) {
    if (isSegmenterError(thrown)) return thrown.code;
    throw thrown;
  }
}

/** Numbers equal to so many decimals, one by one. */
export function expectNear(actual: readonly number[], expected: readonly number[], digits: number): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i] ?? Number.NaN, digits);
}
