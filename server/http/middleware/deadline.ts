/** The time a caller gives: `X-Deadline-Ms` ends the request and the work behind it. */
import type { Context, MiddlewareHandler } from "hono";
import { SegmenterError } from "../../../core/errors.ts";
import type { AppEnv } from "../app-env.ts";
import { problemOf } from "../problem.ts";

const HEADER = "x-deadline-ms";
const GRACE_MS = 10;
const LONGEST_MS = 3_600_000;

/**
 * Answers 504 when the deadline has passed, and aborts the signal of the request, so that waiting work leaves its queue and
 * running work that nobody else waits for is stopped. (`hono/timeout` answers, but lets the work run on.)
 */
export function deadline(): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const text = c.req.header(HEADER);
    if (text === undefined) return next();
    const deadlineMs = parse(text);
    const late = new AbortController();
    const { raw } = c.req;
    c.req.raw = new Request(raw, { signal: AbortSignal.any([raw.signal, late.signal]) });
    const passed = Symbol("passed");
    const answered = next();
    const timer = timeout(deadlineMs, passed);
    const first = await Promise.race([answered, timer.promise]);
    timer.stop();
    if (first !== passed) return;
    late.abort();
    await Promise.race([answered, timeout(GRACE_MS, undefined).promise]); // most work ends at once, with an answer of its own
    c.res = undefined;
    c.res = overdue(c, deadlineMs);
  };
}

function parse(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= LONGEST_MS) return value;
  throw new SegmenterError("InvalidRequest", { reason: `expected 1 to ${LONGEST_MS}`, path: "X-Deadline-Ms" });
}

function timeout<T>(ms: number, value: T): { promise: Promise<T>; stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  const promise = new Promise<T>((resolve) => {
    timer = setTimeout(resolve, ms, value);
  });
  return { promise, stop: () => clearTimeout(timer) };
}

function overdue(c: Context<AppEnv>, deadlineMs: number): Response {
  return problemOf(new SegmenterError("DeadlineExceeded", { deadlineMs }), c.get("requestId"));
}
