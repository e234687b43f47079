import { connectedComponents } from "../../core/components.ts";
import { createMask, type Mask } from "../../core/mask.ts";
import type { Place } from "./distance.ts";

/** Neighbours clockwise on the screen, from the right; odd ones are diagonal. */
const DX = [1, 1, 0, -1, -1, -1, 0, 1];
const DY = [0, 1, 1, 1, 0, -1, -1, -1];

/** The mask without its pixels that touch the outside, by an edge or a corner, within the picture. */
export function eroded({ width, height, data }: Mask): Mask {
  const out = createMask(width, height);
  for (let y = 0, n = 0; y < height; y++) {
    for (let x = 0; x < width; x++, n++) {
      let inside = data[n];
      for (let d = 0; d < 8 && inside; d++) {
        const [u, v] = [x + DX[d], y + DY[d]];
        if (u >= 0 && v >= 0 && u < width && v < height) inside = data[v * width + u];
      }
      out.data[n] = inside;
    }
  }
  return out;
}

/** Border pixels of the 8-connected part with the longest border, in walking order; a line is walked there and back. */
export function longestBorder(mask: Mask): Place[] {
  const { labels, count } = connectedComponents(mask, 8);
  const seen = new Uint8Array(count + 1);
  let longest: Place[] = [];
  for (let n = 0; n < labels.length; n++) {
    if (labels[n] === 0 || seen[labels[n]]) continue;
    seen[labels[n]] = 1;
    const walked = walk(mask, { x: n % mask.width, y: Math.floor(n / mask.width) });
    if (walked.length > longest.length) longest = walked;
  }
  return longest;
}

/** Moore's neighbour tracing from the first pixel in raster order, until it would leave it the same way again. */
function walk({ width, height, data }: Mask, start: Place): Place[] {
  const inside = (x: number, y: number) => x >= 0 && y >= 0 && x < width && y < height && data[y * width + x] !== 0;
  const turn = ({ x, y }: Place, back: number) => {
    for (let k = 1; k <= 8; k++) if (inside(x + DX[(back + k) % 8], y + DY[(back + k) % 8])) return (back + k) % 8;
    return undefined;
  };
  const first = turn(start, 4);
  if (first === undefined) return [start];
  const path: Place[] = [];
  let at = start;
  let direction = first;
  do {
    path.push(at);
    at = { x: at.x + DX[direction], y: at.y + DY[direction] };
    const back = (direction + (direction % 2 === 0 ? 6 : 5)) % 8;
    direction = turn(at, back) ?? first;
  } while (at.x !== start.x || at.y !== start.y || direction !== first);
  return path;
}
