/** Bodies of `multipart/related` (RFC 2387, RFC 2046 5.1.1), as WADO-RS answers. */

/** The parts without their headers, as views; none when the type names no boundary. */
export function partsOf(body: Uint8Array<ArrayBuffer>, contentType: string): Uint8Array<ArrayBuffer>[] {
  const boundary = /boundary="?([^";]+)"?/i.exec(contentType)?.[1];
  if (!boundary || !/^multipart\//i.test(contentType)) return [];
  const mark = new TextEncoder().encode(`--${boundary}`);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let from = -1;
  for (let at = indexOf(body, mark, 0); at >= 0; at = indexOf(body, mark, at + mark.length)) {
    if (from >= 0) parts.push(contentOf(body, from, at));
    from = at + mark.length;
    if (body[from] === DASH && body[from + 1] === DASH) break;
  }
  return parts;
}

const DASH = 0x2d;
const BLANK_LINE = new Uint8Array([13, 10, 13, 10]);

/** What lies after the headers of a part, without the line break that belongs to the next boundary. */
function contentOf(body: Uint8Array<ArrayBuffer>, from: number, to: number): Uint8Array<ArrayBuffer> {
  const headersEnd = indexOf(body, BLANK_LINE, from);
  const start = headersEnd < 0 || headersEnd > to ? from : headersEnd + BLANK_LINE.length;
  return body.subarray(start, Math.max(start, to - 2));
}

function indexOf(body: Uint8Array, mark: Uint8Array, from: number): number {
  const [first = 0] = mark;
  for (let at = body.indexOf(first, from); at >= 0; at = body.indexOf(first, at + 1)) {
    let n = 1;
    while (n < mark.length && body[at + n] === mark[n]) n++;
    if (n === mark.length) return at;
  }
  return -1;
}
