/** Reads multipart bodies as they arrive, so that a series of any size needs the memory of one chunk. */
import { SegmenterError } from "../../core/errors.ts";

/** One part of a multipart body; `name` is that of a form's field. `body` must be read, or is skipped, before the next part comes. */
export interface Part {
  readonly name: string;
  readonly body: AsyncIterable<Uint8Array>;
}

const HEADER_BYTES = 16 * 1024;
const CRLF = Uint8Array.of(13, 10);
const BLANK_LINE = Uint8Array.of(13, 10, 13, 10);

const malformed = (reason: string) => new SegmenterError("InvalidRequest", { reason, path: "body" });

/** The boundary of a multipart content type (RFC 2046 5.1.1), `undefined` for other types. */
export function boundaryOf(contentType: string, subtype: "form-data" | "related" = "form-data"): string | undefined {
  if (!new RegExp(String.raw`^multipart/${subtype}\s*;`, "i").test(contentType)) return undefined;
  const found = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70})(?=[\s;]|$))/i.exec(contentType);
  return found?.[1] ?? found?.[2];
}

/** Parts as they arrive; nothing larger than a chunk and a delimiter is held. Throws InvalidRequest when the framing is broken. */
export async function* readParts(source: AsyncIterable<Uint8Array>, boundary: string): AsyncGenerator<Part> {
  const delimiter = new TextEncoder().encode(`\r\n--${boundary}`);
  const input = createInput(source);
  for await (const _ of input.until(delimiter)); // the preamble
  for (;;) {
    const line = await input.take(CRLF, HEADER_BYTES);
    if (line.startsWith("--")) return;
    if (line.trim() !== "") throw malformed("expected a line break after the boundary");
    const headers = await input.take(BLANK_LINE, HEADER_BYTES);
    const body = input.until(delimiter);
    yield { name: nameOf(headers), body };
    for await (const _ of body); // what the caller left
  }
}

/** The field name of a part; file names are never looked at. */
function nameOf(headers: string): string {
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(headers)?.[1] ?? "";
  return /(?:^|;)\s*name="?([\w.-]{1,64})"?/i.exec(disposition)?.[1] ?? "";
}

interface Input {
  /** Yields everything up to `mark` and swallows the mark. */
  until(mark: Uint8Array): AsyncGenerator<Uint8Array>;
  /** Text up to `mark`, at most `limit` bytes. */
  take(mark: Uint8Array, limit: number): Promise<string>;
}

function createInput(source: AsyncIterable<Uint8Array>): Input {
  const chunks = source[Symbol.asyncIterator]();
  let held: Uint8Array = CRLF; // the first delimiter may open the body without a line break
  const more = async (): Promise<void> => {
    const next = await chunks.next();
    if (next.done) throw malformed("the multipart body ends too early");
    held = held.length === 0 ? next.value : concat(held, next.value);
  };
  async function* until(mark: Uint8Array): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = indexOf(held, mark);
      const safe = at >= 0 ? at : Math.max(0, held.length - mark.length + 1);
      const ready = held.subarray(0, safe);
      held = held.subarray(at >= 0 ? at + mark.length : safe);
      if (ready.length > 0) yield ready;
      if (at >= 0) return;
      await more();
    }
  }
  const take = async (mark: Uint8Array, limit: number): Promise<string> => {
    for (;;) {
      const at = indexOf(held, mark);
      if (at >= 0) {
        const text = new TextDecoder("latin1").decode(held.subarray(0, at));
        held = held.subarray(at + mark.length);
        return text;
      }
      // The closing delimiter may be the last thing of the body, without a line break.
      if (held.length >= 2 && held[0] === 45 && held[1] === 45) return "--";
      if (held.length > limit) throw malformed("the headers of a part are too long");
      await more();
    }
  };
  return { until, take };
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

function indexOf(bytes: Uint8Array, mark: Uint8Array): number {
  const first = mark[0] ?? 0;
  const last = bytes.length - mark.length;
  for (let at = bytes.indexOf(first); at >= 0 && at <= last; at = bytes.indexOf(first, at + 1)) {
    let n = 1;
    while (n < mark.length && bytes[at + n] === mark[n]) n++;
    if (n === mark.length) return at;
  }
  return -1;
}
