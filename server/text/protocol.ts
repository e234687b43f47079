/** What the process of the text encoder is set up with, asked and answers. */
import type { Called, Meaning } from "./meanings.ts";

export interface TextSetup {
  /** A text encoder in the hub's layout. */
  readonly dir: string;
  readonly called: readonly Called[];
  /** Where the vectors of the names are kept. */
  readonly cacheDir: string;
  readonly threads: number;
}

export type TextTask =
  /** Loads the encoder and gives every name its vector. */
  { readonly kind: "learn" } | { readonly kind: "meaning"; readonly text: string };

/** Of `learn` it is empty. */
export type TextResult = Meaning;
