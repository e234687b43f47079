/** A supervised process that does as it is told: waits, computes without end, takes memory, fails or dies. */
import { setTimeout as sleep } from "node:timers/promises";
import { SegmenterError } from "../../core/errors.ts";
import { serveTasks } from "../../server/processes/serve-tasks.ts";

export type Order =
  | { readonly kind: "echo"; readonly text: string }
  | { readonly kind: "sleep"; readonly ms: number }
  | { readonly kind: "spin"; readonly ms: number }
  | { readonly kind: "take"; readonly bytes: number }
  | { readonly kind: "refuse" }
  | { readonly kind: "die" };

serveTasks<null, Order, string>(async () => async (order) => {
  switch (order.kind) {
    case "echo":
      return order.text;
    case "sleep":
      await sleep(order.ms);
      return "slept";
    case "spin":
      for (const end = performance.now() + order.ms; performance.now() < end; );
      return "spun";
    case "take":
      return take(order.bytes);
    case "refuse":
      throw new SegmenterError("InvalidPrompt", { index: 3, reason: "as told" });
    case "die":
      process.exit(7);
  }
});

/** Buffers lie outside the JavaScript heap, where no option of Node bounds them. */
async function take(bytes: number): Promise<string> {
  const held: Buffer[] = [];
  for (let taken = 0; taken < bytes; taken += 2 ** 24) {
    held.push(Buffer.alloc(2 ** 24, 1));
    await sleep(5);
  }
  await sleep(60_000);
  return `${held.length}`;
}
