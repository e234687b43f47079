import { expect, test } from "vitest";
import { BackendFailure, createLifeline } from "../../../client/decode/lifeline.ts";

const never = () => new Promise<never>(() => {});

test("a call that would never end rejects when the line is cut", async () => {
  const line = createLifeline();
  const waiting = line.guard(never(), 60_000);
  line.cut("the worker crashed");
  await expect(waiting).rejects.toThrow(new BackendFailure("the worker crashed", true));
  await expect(line.ended).resolves.toBe("the worker crashed");
});

test("a call after the cut rejects at once, with the first reason", async () => {
  const line = createLifeline();
  line.cut("first");
  line.cut("second");
  await expect(line.guard(Promise.resolve(1), 60_000)).rejects.toThrow("first");
});

test("a call without an answer rejects after its time", async () => {
  await expect(createLifeline().guard(never(), 5)).rejects.toThrow("no answer in 0.005 s");
});

test("results and failures of the call itself pass unchanged", async () => {
  const line = createLifeline();
  await expect(line.guard(Promise.resolve("value"), 60_000)).resolves.toBe("value");
  await expect(line.guard(Promise.reject(new RangeError("its own")), 60_000)).rejects.toThrow(RangeError);
});
