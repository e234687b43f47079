/** Is this series here: asked without its UID. */
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stack, steps } from "../formats/dicom-objects.ts";
import { createHarness, type Harness, SETUP_MS } from "./harness.ts";

const UID = "1.2.840.99.17";

let harness: Harness;
let imageId: string;
beforeAll(async () => {
  harness = await createHarness();
  const form = new FormData();
  for (const { bytes } of stack(steps(4, 2), { series: UID })) form.append("file", new Blob([bytes]));
  ({ imageId } = await (await harness.request("/v1/images", { method: "POST", body: form })).json());
}, SETUP_MS);
afterAll(() => harness.close());

const ask = async (uid: string) => {
  const { salt } = await (await harness.request("/v1/series")).json();
  const key = createHash("sha256").update(`${salt}\n${uid}`).digest("hex");
  return harness.request(`/v1/series/sha256:${key}`, { method: "HEAD" });
};

describe("HEAD /v1/series/{key}", () => {
  test("names the image of a series that is here, in no body", async () => {
    const answer = await ask(UID);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Location")).toBe(`/v1/images/${imageId}`);
    expect(await answer.text()).toBe("");
  });

  test("says 404 of one that is not", async () => {
    expect((await ask("1.2.840.99.18")).status).toBe(404);
  });

  test("takes neither a UID nor its hash without the salt", async () => {
    const bare = createHash("sha256").update(UID).digest("hex");
    const status = async (key: string) => (await harness.request(`/v1/series/${key}`, { method: "HEAD" })).status;
    expect(await status(UID)).toBe(400);
    expect(await status(`sha256:${bare}`)).toBe(404);
  });
});
