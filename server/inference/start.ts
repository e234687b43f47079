/** The start of an inference process. */
import { type ChildHandle, entryBeside, startChild } from "../processes/child-handle.ts";
import type { ChildSetup, Task, TaskResult } from "./protocol.ts";

/** Starts an inference process. */
export const startInference = (setup: ChildSetup): ChildHandle<Task, TaskResult> =>
  startChild({ name: "inference", entry: entryBeside(import.meta.url, "child"), setup });
