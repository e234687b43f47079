/** Content ids: the same bytes, the same name. */

/** `sha256:` and 64 hex digits. */
export type Digest = `sha256:${string}`;

export const isDigest = (text: unknown): text is Digest =>
  typeof text === "string" && /^sha256:[0-9a-f]{64}$/.test(text);

/** The sha256 of bytes, or of a text's UTF-8; each runtime has its own. */
export type HashText = (content: Uint8Array | string) => Digest;
