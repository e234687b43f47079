/** The child's side of a supervised process. */
import { packError } from "../../core/packed-error.ts";
import type { FromChild, ToChild } from "./messages.ts";

/**
 * Answers the server's tasks for as long as the server lives. `open` runs once with the setup; the child says that it is
 * ready when it has resolved. Signals of a terminal are not heard: the server finishes its work, then ends its children.
 */
export function serveTasks<Setup, Task, Result>(
  open: (setup: Setup) => Promise<(task: Task) => Promise<Result>>,
): void {
  let runTask: ((task: Task) => Promise<Result>) | undefined;
  const work = async (id: number, task: Task): Promise<FromChild<Result>> => {
    try {
      if (!runTask) throw new Error("A task came before the setup.");
      return { kind: "done", id, result: await runTask(task) };
    } catch (thrown) {
      return { kind: "failed", id, error: packError(thrown) };
    }
  };
  const receive = async (message: ToChild<Setup, Task>): Promise<void> => {
    switch (message.kind) {
      case "setup":
        runTask = await open(message.setup);
        return send({ kind: "ready" });
      case "ping":
        return send({ kind: "pong" });
      case "task":
        return send(await work(message.id, message.task));
      default:
        message satisfies never;
    }
  };
  process.on("message", receive);
  process.once("disconnect", () => process.exit(0));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
}

function send(message: FromChild<unknown>): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
