/** Encoding ahead of a user: told slice by slice, and behind everybody who looks at one. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createPhantom } from "../../core/phantom/phantom.ts";
import { createHarness, type Harness, post, SETUP_MS } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
}, SETUP_MS);
afterAll(() => harness.close());

test("tells of each slice, nearest first, then ends; a click would go first", async () => {
  const { info } = await harness.services.images.addVolume(createPhantom().volume);
  const path = `/v1/images/${info.imageId}/prefetch`;
  const embed = vi.spyOn(harness.services.embeddings, "embed");
  const response = await harness.request(path, post({ around: 3, count: 4 }));
  expect(response.headers.get("Content-Type")).toContain("text/event-stream");
  const events = (await response.text())
    .trim()
    .split("\n\n")
    .map((event) => event.split("\n"));
  expect(events.map(([name]) => name)).toEqual([...Array(4).fill("event: ready"), "event: done"]);
  expect(events.slice(0, 4).map(([, data]) => JSON.parse(data!.slice(6)).slice)).toEqual([4, 2, 5, 1]);
  expect(embed.mock.calls.map(([, , options]) => options?.background)).toEqual([true, true, true, true]);
});

test("a slice that is not there has no neighbours", async () => {
  const { info } = await harness.services.images.addVolume(createPhantom().volume);
  const response = await harness.request(`/v1/images/${info.imageId}/prefetch`, post({ around: 9999 }));
  expect(response.status).toBe(404);
});
