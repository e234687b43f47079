/** VOI windows: modality values (HU for CT) → grey 0…255. */
import type { NamedWindow, Slice, VoiCurve, Volume, VoxelArray, Window } from "./volume.ts";

/** How stored values become modality values, and whether the scale is shown upside down (MONOCHROME1). */
export interface Rescale {
  readonly slope: number;
  readonly intercept: number;
  readonly inverted?: boolean;
}

/** A window that may be a curve. */
type ShownWindow = Window & { readonly curve?: VoiCurve | undefined };

/** CT presets in the order that the viewer offers them; the first is what a CT without its own window gets. */
export const WINDOW_PRESETS: readonly NamedWindow[] = [
  { name: "soft tissue", center: 40, width: 400 },
  { name: "lung", center: -600, width: 1500 },
  { name: "liver", center: 90, width: 150 },
  { name: "bone", center: 480, width: 2500 },
  { name: "brain", center: 40, width: 80 },
  { name: "mediastinum", center: 50, width: 350 },
  { name: "stroke", center: 40, width: 40 },
  { name: "angio", center: 300, width: 600 },
  { name: "air", center: -426, width: 1000 },
];

/** Eight-bit values as they are. */
const FULL_RANGE: NamedWindow = { name: "full range", center: 128, width: 256 };

/** Enough for a percentile within 0.1 %, and few enough to sort in 20 ms. */
const MAX_SAMPLES = 1 << 18;

/** Bytes of a colour picture that are counted. */
const MAX_BYTES = 1 << 22;

/**
 * A window as asked for, with the file's own curve (VOI LUT, SIGMOID) when it is the file's window: on the wire a window is
 * two numbers.
 */
export function withCurve(window: ShownWindow, curves: readonly NamedWindow[] = []): ShownWindow {
  if (window.curve) return window;
  return curves.find(({ center, width }) => center === window.center && width === window.width) ?? window;
}

/** Stored values → 0…255, fractions kept (DICOM LINEAR, PS3.3 C.11.2.1.2.1, or the window's curve). NaN → 0. */
export function applyWindow(
  values: ArrayLike<number>,
  window: ShownWindow,
  rescale: Rescale,
  out: Float32Array<ArrayBufferLike> = new Float32Array(values.length),
): Float32Array<ArrayBufferLike> {
  mapWindow(values, window, rescale, out);
  return out;
}

/** Grey bytes of a slice for display, rounded; throws RangeError for colour. */
export function windowToBytes(slice: Slice, window: ShownWindow): Uint8ClampedArray<ArrayBuffer> {
  if (slice.channels !== 1) throw new RangeError(`A window needs 1 channel, got ${slice.channels}.`);
  const out = new Uint8ClampedArray(slice.width * slice.height);
  mapWindow(slice.data, withCurve(window, slice.curves), { ...slice.rescale, inverted: slice.inverted }, out);
  return out;
}

/** The window whose ends are two quantiles of the finite values; a large array is sampled evenly. */
export function autoWindow(values: ArrayLike<number>, { slope, intercept }: Rescale, low = 0.01, high = 0.99): Window {
  const step = Math.max(1, Math.ceil(values.length / MAX_SAMPLES));
  const sample = new Float64Array(Math.ceil(values.length / step));
  let count = 0;
  for (let n = 0; n < values.length; n += step) {
    const value = (values[n] ?? 0) * slope + intercept;
    if (Number.isFinite(value)) sample[count++] = value;
  }
  const sorted = sample.subarray(0, count).sort();
  const quantile = (q: number) => sorted[Math.round(q * (count - 1))] ?? 0;
  const from = quantile(low);
  const to = quantile(high);
  // LINEAR is black at center − width/2 and white at center + width/2 − 1, so these two make `from` 0 and `to` 255.
  return { center: (from + to + 1) / 2, width: to - from + 1 };
}

/** Every window on offer for a volume, the default first: the file's own, CT presets, automatic. */
export function windowsOf(volume: Volume): NamedWindow[] {
  if (volume.channels !== 1) return colourWindows(volume);
  const automatic: NamedWindow = { name: "auto 1-99 %", ...autoWindow(volume.data, volume.rescale) };
  const presets = volume.modality === "CT" ? WINDOW_PRESETS : bytePresets(volume);
  const all = [...volume.windows, ...presets, automatic];
  return all.filter((a, n) => all.findIndex((b) => b.center === a.center && b.width === a.width) === n);
}

/** Bytes through it are as they were. */
export const isFullRange = ({ center, width }: Window): boolean =>
  center === FULL_RANGE.center && width === FULL_RANGE.width;

/** The window used when nobody asks for one. */
export function defaultWindow(volume: Volume): NamedWindow {
  return windowsOf(volume)[0] ?? FULL_RANGE;
}

/** Bytes are shown as they are, or brightened when nearly all of them lie in the lower half of their range. */
function bytePresets({ data, rescale }: Volume): NamedWindow[] {
  if (rescale.slope !== 1 || rescale.intercept !== 0 || !(data instanceof Uint8Array)) return [];
  const bright = brightened(data);
  return bright ? [{ name: "auto 0-99.9 %", ...bright }] : [FULL_RANGE];
}

/** The window that takes dark bytes to full brightness; undefined for bright ones, and where all are alike. */
function brightened(data: Uint8Array): Window | undefined {
  const [least, most] = byteQuantiles(data, [0, 0.999]);
  return most >= 128 || most <= least ? undefined : { center: (most + 1) / 2, width: most + 1 };
}

/** Colour as it is, or brightened where it is dark, and the other of the two. */
function colourWindows({ channels, data }: Volume): NamedWindow[] {
  if (!(data instanceof Uint8Array)) return [];
  const bright = colourWindow({ channels, data });
  if (bright) return [{ name: "auto 0-99.9 %", ...bright }, FULL_RANGE];
  const [low, high] = byteQuantiles(data, [0.01, 0.99]);
  const stretched = { name: "auto 1-99 %", center: (low + high + 1) / 2, width: high - low + 1 };
  return high > low && high - low < 255 ? [FULL_RANGE, stretched] : [FULL_RANGE];
}

/** The window of a dark colour picture, for all three channels alike; undefined for one that is shown as it is. */
export function colourWindow({ channels, data }: Pick<Slice, "channels" | "data">): Window | undefined {
  if (channels !== 3 || !(data instanceof Uint8Array)) return undefined;
  return brightened(data);
}

/** The values below which these parts of the bytes lie; of a large picture, of bytes taken evenly from it. */
function byteQuantiles(data: Uint8Array, parts: readonly [number, number]): readonly [number, number] {
  const counts = new Uint32Array(256);
  // Odd, so that no channel is left out.
  const step = Math.max(1, Math.floor(data.length / MAX_BYTES)) | 1;
  let count = 0;
  for (let n = 0; n < data.length; n += step, count++) counts[data[n]] = (counts[data[n]] ?? 0) + 1;
  const quantile = (q: number) => {
    const rank = Math.round(q * (count - 1));
    let value = 0;
    for (let passed = counts[0] ?? 0; passed <= rank && value < 255; passed += counts[value] ?? 0) value++;
    return value;
  };
  return [quantile(parts[0]), quantile(parts[1])];
}

/** Colour bytes as they are shown and encoded: all channels through one window, without one brightened where they are dark. */
export function shownColour(slice: Pick<Slice, "channels" | "data">, asked: Window | null = null): VoxelArray {
  const window = asked ?? colourWindow(slice);
  if (!window) return slice.data;
  const out = new Uint8ClampedArray(slice.data.length);
  mapWindow(slice.data, window, { slope: 1, intercept: 0 }, out);
  return new Uint8Array(out.buffer);
}

/** The two ends of the ramp. LINEAR is defined from width 1; below it LINEAR_EXACT (C.11.2.1.3.2) is meant. */
function rampOf({ center, width }: Window): { lower: number; upper: number } {
  if (!(width > 0)) throw new RangeError(`Window width must be positive, got ${width}.`);
  if (width < 1) return { lower: center - width / 2, upper: center + width / 2 };
  return { lower: center - 0.5 - (width - 1) / 2, upper: center - 0.5 + (width - 1) / 2 };
}

function mapWindow(
  values: ArrayLike<number>,
  window: ShownWindow,
  rescale: Rescale,
  out: Float32Array | Uint8ClampedArray,
): void {
  if (window.curve) mapCurve(values, window.curve, rescale, out);
  else mapRamp(values, window, rescale, out);
}

function mapRamp(
  values: ArrayLike<number>,
  window: Window,
  { slope, intercept, inverted = false }: Rescale,
  out: Float32Array | Uint8ClampedArray,
): void {
  const { lower, upper } = rampOf(window);
  const low = inverted ? 255 : 0;
  const high = 255 - low;
  const gain = upper > lower ? (high - low) / (upper - lower) : 0;
  for (let n = 0; n < values.length; n++) {
    const value = (values[n] ?? 0) * slope + intercept;
    if (value <= lower) out[n] = low;
    else if (value > upper) out[n] = high;
    else if (value <= upper) out[n] = (value - lower) * gain + low;
    else out[n] = 0;
  }
}

/** Greys of a curve between its points; beyond its ends those of the ends. */
function mapCurve(
  values: ArrayLike<number>,
  { from, to, greys }: VoiCurve,
  { slope, intercept, inverted = false }: Rescale,
  out: Float32Array | Uint8ClampedArray,
): void {
  const last = greys.length - 1;
  const gain = to > from ? last / (to - from) : 0;
  for (let n = 0; n < values.length; n++) {
    const at = ((values[n] ?? 0) * slope + intercept - from) * gain;
    const near = Math.min(last, Math.max(0, Math.floor(at)));
    const part = Math.min(1, Math.max(0, at - near));
    const grey = (greys[near] ?? 0) * (1 - part) + (greys[Math.min(last, near + 1)] ?? 0) * part;
    out[n] = Number.isNaN(at) ? 0 : inverted ? 255 - grey : grey;
  }
}
