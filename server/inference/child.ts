/** Entry of an inference child: messages in, results out. Ends when the server is gone, never by the terminal's signals. */

import { createEngine, type Engine } from "./engine.ts";
import { type FromChild, packError, type Task, type ToChild } from "./protocol.ts";

let engine: Engine | undefined;

function send(message: FromChild): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

async function work(id: number, task: Task): Promise<void> {
  try {
    if (!engine) throw new Error("A task came before the setup.");
    send({ kind: "done", id, result: await engine.run(task) });
  } catch (thrown) {
    send({ kind: "failed", id, error: packError(thrown) });
  }
}

async function receive(message: ToChild): Promise<void> {
  switch (message.kind) {
    case "setup":
      engine = createEngine(message.setup);
      await engine.preload();
      send({ kind: "ready" });
      break;
    case "ping":
      send({ kind: "pong" });
      break;
    case "task":
      await work(message.id, message.task);
      break;
    default:
      message satisfies never;
  }
}

process.on("message", receive);
process.once("disconnect", () => process.exit(0));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {}); // the server drains, then ends its children
