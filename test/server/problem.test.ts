import { HTTPException } from "hono/http-exception";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { SegmenterError } from "../../core/errors.ts";
import { Problem } from "../../core/wire/index.ts";
import { invalidRequest, problemOf, STATUS } from "../../server/http/problem.ts";

describe("problemOf", () => {
  test("gives every code its status and a body of the documented shape", async () => {
    for (const code of Object.keys(STATUS) as (keyof typeof STATUS)[]) {
      const response = problemOf(new SegmenterError(code, {} as never), "request");
      expect(response.status).toBe(STATUS[code]);
      expect(response.headers.get("Content-Type")).toBe("application/problem+json");
      const problem = Problem.parse(await response.json());
      expect(problem).toMatchObject({ code, status: STATUS[code], requestId: "request" });
    }
  });

  test("says when to come back, in whole seconds of at least one", () => {
    const retryAfter = (retryAfterS: number) =>
      problemOf(new SegmenterError("Saturated", { retryAfterS })).headers.get("Retry-After");
    expect([retryAfter(0), retryAfter(0.2), retryAfter(7.1)]).toEqual(["1", "1", "8"]);
    const crashed = problemOf(new SegmenterError("EncoderCrashed", { attempts: 3, retryAfterS: 42 }));
    expect([crashed.status, crashed.headers.get("Retry-After")]).toEqual([503, "42"]);
  });

  test("says nothing of what it does not know", async () => {
    const thrown = [new Error("secret /home/anna/DOE_JANE.dcm"), "a string", { odd: true }, undefined];
    for (const error of thrown) {
      const text = await problemOf(error).text();
      expect(JSON.parse(text)).toMatchObject({ status: 500, code: "InternalError", info: {} });
      expect(text).not.toMatch(/secret|anna|DOE|odd|string/);
    }
  });

  test("knows the exceptions of the framework", () => {
    expect(problemOf(new HTTPException(415)).status).toBe(415);
    expect(problemOf(new HTTPException(418)).status).toBe(500);
  });
});

describe("invalidRequest", () => {
  const Shape = z.strictObject({ list: z.array(z.strictObject({ x: z.number().max(5) })) });
  const refusal = (value: unknown) => invalidRequest(Shape.safeParse(value).error!).detail;

  test("names the place of the deepest fault", () => {
    expect(refusal({ list: [{ x: 1 }, { x: "1" }] })).toMatchObject({ path: "list.1.x" });
    expect(refusal(null)).not.toHaveProperty("path");
  });

  test("repeats neither names nor values of the sender", () => {
    for (const value of [{ CANARY: 1, list: [] }, { list: [{ x: 1, CANARY: 2 }] }, { list: "CANARY" }]) {
      expect(JSON.stringify(refusal(value))).not.toContain("CANARY");
    }
  });
});
