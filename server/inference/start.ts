/** The start of an inference process. */
import { type ChildHandle, entryBeside, startChild } from "../processes/child-handle.ts";
import type { ChildSetup, Task, TaskResult } from "./protocol.ts";

/** Helper threads of the garbage collector take cores from the inference of the other children. */
const NODE_OPTIONS = ["--single-threaded-gc"];

/** Starts an inference process. */
export const startInference = (setup: ChildSetup): ChildHandle<Task, TaskResult> =>
  startChild({ name: "inference", entry: entryBeside(import.meta.url, "child"), setup, nodeOptions: NODE_OPTIONS });
