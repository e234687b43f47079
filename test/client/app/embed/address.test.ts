import { describe, expect, test } from "vitest";
import { ancestorsIn } from "../../../../client/app/embed/frame.ts";
import { namedIn } from "../../../../client/app/studies/studies.ts";

const SELF = "https://segment.example.org";
const allowed = (policy: string | null) => [...ancestorsIn(policy, SELF)];

describe("who may speak to a frame", () => {
  test("is whom frame-ancestors names, and the page's own origin where it says 'self'", () => {
    const policy = "default-src 'self'; frame-ancestors 'self' https://portal.example.org http://127.0.0.1:5173";
    expect(allowed(policy)).toEqual(["https://portal.example.org", "http://127.0.0.1:5173", SELF]);
    expect(allowed("frame-ancestors https://portal.example.org")).toEqual(["https://portal.example.org"]);
  });

  test.each([null, "", "default-src 'self'", "frame-ancestors 'none'", "frame-ancestors *", "frame-ancestors https:"])(
    "is nobody under %s",
    (policy) => expect(allowed(policy)).toEqual([]),
  );

  test("is nobody of a pattern", () => {
    expect(allowed("frame-ancestors https://*.example.org https://a.example.org:*")).toEqual([]);
  });
});

describe("what an address names", () => {
  const digest = `sha256:${"a".repeat(64)}`;
  test.each([
    { query: "", named: {} },
    { query: `image=${digest}`, named: { image: digest } },
    { query: "image=sha256:short", named: {} },
    { query: "StudyInstanceUIDs=1.2.3,4.5&SeriesInstanceUIDs=1.2.3.4", named: { study: "1.2.3", series: "1.2.3.4" } },
    { query: "StudyInstanceUIDs=<script>", named: {} },
    { query: "server=https://elsewhere.example.org", named: {} },
  ])("of ?$query", ({ query, named }) => expect(namedIn(`${SELF}/?${query}`)).toEqual(named));
});
