/**
 * A heat map of a phrase, as CLIPSeg gives it: how much each place of a slice looks like what was said. Places where it is
 * high become a box and a point for the decoder. They are suggestions: no mask comes of a phrase by itself.
 */
import { SegmenterError } from "../errors.ts";
import { connectedComponents } from "../mask/components.ts";
import { createMask, type Mask, maskBounds } from "../mask/mask.ts";
import { TOKEN_INPUTS, type Tokenize, tokenFeeds } from "../prompt/hub-tokens.ts";
import { deepestPixel } from "../prompt/prompt-logits.ts";
import { fromModel } from "../prompt/space.ts";
import { float32, type Session } from "../tensor/session.ts";
import type { Transform } from "../wire/embedding.ts";
import type { Manifest } from "../wire/manifest.ts";
import type { PhrasePlace } from "../wire/text.ts";
import { hubIds } from "./text.ts";

export interface Heat {
  /** `[size, size]`, 0 to 1, in the frame of the heat map's own input. */
  readonly values: Float32Array;
  readonly size: number;
}

export interface HeatMap {
  /** `[3, S, S]` of `modelInput`. Rejects with UnknownTerm and EncoderOutputInvalid. */
  look(image: Float32Array, text: string): Promise<Heat>;
  release(): Promise<void>;
}

const PIXELS = "pixel_values";

/** Throws ModelCorrupt for a graph that is no heat map of a phrase. */
export function createHeatMap(
  { id, heatMap, graphs }: Manifest,
  { session, tokenize }: { readonly session: Session; readonly tokenize: Tokenize },
): HeatMap {
  const refuse = (reason: string) =>
    new SegmenterError("ModelCorrupt", { modelId: id, file: graphs.heatMap?.path ?? "", reason });
  if (!heatMap) throw refuse("the manifest says nothing of its heat map");
  const missing = [PIXELS, "input_ids"].find((name) => !session.inputNames.includes(name));
  const foreign = session.inputNames.find((name) => name !== PIXELS && !TOKEN_INPUTS.includes(name));
  if (missing) throw refuse(`a heat map of a phrase takes ${missing}; it has ${session.inputNames.join(", ")}`);
  if (foreign) throw refuse(`it wants ${foreign}, which is neither pixels nor text`);
  const { size } = heatMap.input;
  return {
    async look(image, text) {
      const ids = hubIds(text, heatMap.text, tokenize);
      const answers = await session.run({
        [PIXELS]: float32(image, [1, 3, size, size]),
        ...tokenFeeds(session, [ids]),
      });
      const logits = answers.logits ?? answers[session.outputNames[0] ?? ""];
      const side = logits?.dims.at(-1) ?? 0;
      if (!(logits?.data instanceof Float32Array) || side === 0 || logits.data.length !== side * side)
        throw invalid(`is ${logits?.dims.join(" × ") ?? "missing"}`);
      if (!logits.data.every(Number.isFinite)) throw invalid("is not all finite");
      return { values: logits.data.map((logit) => 1 / (1 + Math.exp(-logit))), size: side };
    },
    release: () => session.release(),
  };
}

const invalid = (reason: string) => new SegmenterError("EncoderOutputInvalid", { reason: `The heat map ${reason}.` });

/** More places than this are no place. */
const MOST_PLACES = 3;

/** Where the heat map is at least `threshold`, warmest first: the box around each such part, and a point deep inside. */
export function placesOf(
  { values, size }: Heat,
  transform: Transform,
  { threshold, width, height }: { readonly threshold: number; readonly width: number; readonly height: number },
): PhrasePlace[] {
  const cell = transform.inputSize / size;
  const shown = createMask(size, size);
  for (let n = 0; n < values.length; n++) {
    const isPicture =
      ((n % size) + 0.5) * cell < transform.width && (Math.floor(n / size) + 0.5) * cell < transform.height;
    if (isPicture && values[n] >= threshold) shown.data[n] = 1;
  }
  const { labels, count } = connectedComponents(shown, 8);
  const inside = ([x, y]: readonly [number, number]): [number, number] => [
    Math.min(width - 1, Math.max(0, Math.round(x))),
    Math.min(height - 1, Math.max(0, Math.round(y))),
  ];
  const at = (u: number, v: number) => inside(fromModel([u * cell - 0.5, v * cell - 0.5], transform));
  return Array.from({ length: count }, (_, n) => partOf(labels, n + 1, size))
    .flatMap((part): PhrasePlace[] => {
      const bounds = maskBounds(part);
      const deepest = deepestPixel(part);
      if (!bounds || !deepest) return [];
      const [x0, y0] = at(bounds.x0, bounds.y0);
      const [x1, y1] = at(bounds.x1 + 1, bounds.y1 + 1);
      const [x, y] = at(deepest[0] + 0.5, deepest[1] + 0.5);
      return [{ by: "heat-map", confidence: warmest(values, part), box: { x0, y0, x1, y1 }, point: { x, y } }];
    })
    .toSorted((a, b) => b.confidence - a.confidence)
    .slice(0, MOST_PLACES);
}

function partOf(labels: Int32Array, label: number, size: number): Mask {
  return createMask(
    size,
    size,
    Uint8Array.from(labels, (own) => Number(own === label)),
  );
}

function warmest(values: Float32Array, { data }: Mask): number {
  let best = 0;
  for (let n = 0; n < data.length; n++) if (data[n] && values[n] > best) best = values[n];
  return best;
}
