/** Entry of an inference process: tasks in, tensors and masks out. */
import { serveTasks } from "../processes/serve-tasks.ts";
import { createEngine } from "./engine.ts";
import type { ChildSetup, Task, TaskResult } from "./protocol.ts";

serveTasks<ChildSetup, Task, TaskResult>(async (setup) => {
  const engine = createEngine(setup);
  await engine.preload();
  return engine.run;
});
