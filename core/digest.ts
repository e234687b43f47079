/** Content ids: the same bytes, the same name. */

/** `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;

export const isDigest = (text: unknown): text is Digest =>
  typeof text === "string" && /^sha256:[0-9a-f]{64}$/.test(text);
