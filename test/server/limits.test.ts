import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS, LimitsResponse, limitsFromEnvironment, limitVariable } from "../../server/ops/limits.ts";
import { readSettings } from "../../server/settings.ts";

describe("limits", () => {
  test("are the defaults without an environment, and fit the schema that shows them", () => {
    expect(limitsFromEnvironment({})).toEqual(DEFAULT_LIMITS);
    expect(LimitsResponse.parse(limitsFromEnvironment({}))).toEqual(DEFAULT_LIMITS);
  });

  test("are overridden one by one, and every name has a variable of its own", () => {
    expect(limitVariable("uploadBytes")).toBe("PROMPTOMY_UPLOAD_BYTES");
    expect(limitsFromEnvironment({ PROMPTOMY_UPLOAD_BYTES: "1000" })).toEqual({ ...DEFAULT_LIMITS, uploadBytes: 1000 });
    const names = Object.keys(DEFAULT_LIMITS) as (keyof typeof DEFAULT_LIMITS)[];
    expect(new Set(names.map(limitVariable)).size).toBe(names.length);
  });

  test.each(["-1", "0", "1.5", "1e999", "many", "0x"])("refuse %j by naming the variable", (text) => {
    const read = () => limitsFromEnvironment({ PROMPTOMY_QUEUE_WAIT_MS: text });
    expect(read).toThrowError(
      expect.objectContaining({
        code: "InvalidRequest",
        detail: expect.objectContaining({ path: "PROMPTOMY_QUEUE_WAIT_MS" }),
      }),
    );
  });
});

describe("settings", () => {
  test("come from the defaults, then the environment, then the caller", () => {
    expect(readSettings({}, {})).toMatchObject({ host: "127.0.0.1", port: 8080, device: "auto", corsOrigins: [] });
    const env = { PROMPTOMY_PORT: "9000", PROMPTOMY_CORS_ORIGINS: "https://a.example, https://b.example" };
    expect(readSettings({}, env)).toMatchObject({
      port: 9000,
      corsOrigins: ["https://a.example", "https://b.example"],
    });
    expect(readSettings({ port: 0 }, env).port).toBe(0);
  });

  test.each([{ PROMPTOMY_PORT: "70000" }, { PROMPTOMY_DEVICE: "abacus" }])("refuse %j", (env) => {
    expect(() => readSettings({}, env)).toThrowError(expect.objectContaining({ code: "InvalidRequest" }));
  });
});
