import { expect, test } from "vitest";
import { latestWins } from "../../../client/common/latest-wins.ts";
import { deferred } from "../../../core/deferred.ts";

test("of the calls made while one runs only the newest is made, the others resolve to undefined", async () => {
  const gates = [deferred<void>(), deferred<void>()];
  const made: number[] = [];
  const call = latestWins(async (n: number) => {
    await gates[made.push(n) - 1]?.promise;
    return n;
  });
  const answers = [call(1), call(2), call(3), call(4)];
  gates[0]!.resolve();
  gates[1]!.resolve();
  expect(await Promise.all(answers)).toEqual([1, undefined, undefined, 4]);
  expect(made).toEqual([1, 4]);
});

test("a call that fails does not stop the next", async () => {
  const call = latestWins(async (fails: boolean) => {
    if (fails) throw new Error("no");
    return "yes";
  });
  await expect(call(true)).rejects.toThrow("no");
  await expect(call(false)).resolves.toBe("yes");
});
