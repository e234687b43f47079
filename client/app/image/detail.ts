/** Large pictures: all of it coarsely at once, and what is looked at closely in more detail. */
import { isLarge, levelFor, wholeOf } from "../../../core/image/part.ts";
import { sliceKeyOf } from "../../../core/image/slice-ref.ts";
import type { PartRequest } from "../../../core/image/volume.ts";
import type { PlaneInfo } from "../../../core/wire/index.ts";
import type { Context } from "../context/context.ts";
import { placeOf } from "../state/places.ts";

/** The longest side of an overview has at least as many pixels, and at most twice as many. */
const OVERVIEW_PIXELS = 1280;

/** A view that moves on is not loaded. */
const REST_MS = 120;

/** Of a large slice its overview; nothing to ask for of any other. */
export function overviewOf(plane: Pick<PlaneInfo, "width" | "height"> | undefined): { readonly part?: PartRequest } {
  if (!plane || !isLarge(plane)) return {};
  const region = wholeOf(plane);
  return { part: { region, level: levelFor(region, OVERVIEW_PIXELS) } };
}

export interface Detail {
  /** What the screen shows of the open image, and at which level it would be sharp. Loaded when it is not there. */
  look(at: PartRequest): void;
}

export function createDetail({ store, segmenter }: Context): Detail {
  let current = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let wanted = "";

  const load = async (part: PartRequest) => {
    const { image } = store.state;
    if (!image?.pixels?.part) return;
    const { signal } = current;
    const place = placeOf(image);
    const detail = await (await segmenter()).slice(place, { part, signal });
    const now = store.state.image;
    if (!signal.aborted && now?.pixels && sliceKeyOf(placeOf(now)) === sliceKeyOf(place))
      store.set({ image: { ...now, detail } });
  };

  return {
    look(at) {
      const { image } = store.state;
      const overview = image?.pixels?.part;
      if (!image || !overview) return;
      const part = { ...at, region: widened(at, image.plane) };
      const key = at.level >= overview.level ? "" : JSON.stringify([placeOf(image), part]);
      if (key === wanted) return;
      wanted = key;
      current.abort();
      current = new AbortController();
      clearTimeout(timer);
      // The overview stays where the detail cannot be had, and the next move asks again.
      if (key) timer = setTimeout(() => void load(part).catch(() => {}), REST_MS);
    },
  };
}

/** To whole tiles, so that a small move needs nothing new. */
function widened({ region, level }: PartRequest, { width, height }: { width: number; height: number }) {
  const tile = TILE * 2 ** level;
  const down = (value: number) => Math.max(0, Math.floor(value / tile) * tile);
  const up = (value: number, most: number) => Math.min(most, Math.ceil(value / tile) * tile);
  return { x0: down(region.x0), y0: down(region.y0), x1: up(region.x1, width), y1: up(region.y1, height) };
}

const TILE = 256;
