/** What crosses between the server and a child process, both ways. All of it survives structured clone. */
import type { PackedError } from "../../core/packed-error.ts";

export type ToChild<Setup, Task> =
  | { readonly kind: "setup"; readonly setup: Setup }
  | { readonly kind: "ping" }
  | { readonly kind: "task"; readonly id: number; readonly task: Task };

export type FromChild<Result> =
  | { readonly kind: "ready" }
  | { readonly kind: "pong" }
  | { readonly kind: "done"; readonly id: number; readonly result: Result }
  | { readonly kind: "failed"; readonly id: number; readonly error: PackedError };
