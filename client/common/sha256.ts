/** Content ids in the browser. `crypto.subtle` exists on https and localhost only, and never answers at once. */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Digest } from "../../core/digest.ts";

/** The sha256 of bytes, or of a text's UTF-8. */
export const digestOf = (content: Uint8Array | string): Digest =>
  `sha256:${bytesToHex(sha256(typeof content === "string" ? utf8ToBytes(content) : content))}`;
