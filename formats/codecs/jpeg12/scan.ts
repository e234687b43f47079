/** One scan of a sequential or progressive Huffman-coded JPEG (ITU T.81 F.2, G.2), into coefficients. */
import { malformed } from "../../bytes/fail.ts";
import { type BitReader, bitReader, type HuffmanTable } from "./bits.ts";

export interface Component {
  readonly id: number;
  readonly h: number;
  readonly v: number;
  readonly quantizer: number;
  /** Blocks that hold the component's own samples, and those that the interleaved units reach. */
  readonly across: number;
  readonly down: number;
  readonly stride: number;
  /** 64 coefficients a block, in natural order. */
  readonly coefficients: Int32Array;
}

export interface ScanComponent {
  readonly component: Component;
  readonly dc: HuffmanTable | undefined;
  readonly ac: HuffmanTable | undefined;
}

export interface Scan {
  readonly components: readonly ScanComponent[];
  readonly progressive: boolean;
  readonly spectralStart: number;
  readonly spectralEnd: number;
  readonly high: number;
  readonly low: number;
  readonly restartInterval: number;
  readonly unitsAcross: number;
  readonly unitsDown: number;
}

/** Natural place of the n-th coefficient in zigzag order (T.81 figure A.6). */
export const ZIGZAG = Uint8Array.from([
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47,
  55, 62, 63,
]);

interface State {
  readonly reader: BitReader;
  readonly scan: Scan;
  /** Last DC value of each component of the scan. */
  readonly previous: Int32Array;
  /** Blocks still to pass over (T.81 G.1.2.2). */
  endOfBand: number;
}

type BlockDecoder = (state: State, part: ScanComponent, n: number, at: number) => void;

/** Decodes a scan whose entropy-coded bytes start at `start`; returns where they end. */
export function decodeScan(bytes: Uint8Array, start: number, scan: Scan): number {
  const reader = bitReader(bytes, start);
  const state: State = { reader, scan, previous: new Int32Array(scan.components.length), endOfBand: 0 };
  const decode = blockDecoder(scan);
  const [only] = scan.components;
  const single = scan.components.length === 1 ? only?.component : undefined;
  const units = single ? single.across * single.down : scan.unitsAcross * scan.unitsDown;
  for (let unit = 0; unit < units; unit++) {
    if (scan.restartInterval > 0 && unit > 0 && unit % scan.restartInterval === 0) {
      reader.restart();
      state.previous.fill(0);
      state.endOfBand = 0;
    }
    if (single && only) decode(state, only, 0, blockAt(single, unit % single.across, Math.floor(unit / single.across)));
    else decodeUnit(state, decode, unit);
  }
  return reader.end();
}

const blockAt = ({ stride }: Component, x: number, y: number) => (y * stride + x) * 64;

/** An interleaved unit: h × v blocks of each component (T.81 A.2.3). */
function decodeUnit(state: State, decode: BlockDecoder, unit: number): void {
  const { unitsAcross, components } = state.scan;
  const [ux, uy] = [unit % unitsAcross, Math.floor(unit / unitsAcross)];
  for (const [n, part] of components.entries()) {
    const { h, v } = part.component;
    for (let y = 0; y < v; y++)
      for (let x = 0; x < h; x++) decode(state, part, n, blockAt(part.component, ux * h + x, uy * v + y));
  }
}

function blockDecoder({ progressive, spectralStart, high }: Scan): BlockDecoder {
  if (!progressive) return sequential;
  if (spectralStart === 0) return high === 0 ? firstDc : refineDc;
  return high === 0 ? firstAc : refineAc;
}

const tableOf = (table: HuffmanTable | undefined): HuffmanTable => {
  if (!table) throw malformed("JPEG", "SOS", "It names a table that is missing.");
  return table;
};

function nextDc({ reader, previous }: State, { dc }: ScanComponent, n: number): number {
  const size = reader.symbol(tableOf(dc));
  if (size > 16) throw malformed("JPEG", "scan", "A coefficient is too large.");
  const value = (previous[n] ?? 0) + reader.signed(size);
  previous[n] = value;
  return value;
}

const sequential: BlockDecoder = (state, part, n, at) => {
  const { coefficients } = part.component;
  coefficients[at] = nextDc(state, part, n);
  const ac = tableOf(part.ac);
  for (let k = 1; k < 64; k++) {
    const symbol = state.reader.symbol(ac);
    const size = symbol & 15;
    if (size === 0 && symbol !== 0xf0) return;
    k += symbol >> 4;
    if (k > 63) throw malformed("JPEG", "scan", "A block has too many coefficients.");
    if (size > 0) coefficients[at + (ZIGZAG[k] ?? 0)] = state.reader.signed(size);
  }
};

const firstDc: BlockDecoder = (state, part, n, at) => {
  part.component.coefficients[at] = nextDc(state, part, n) << state.scan.low;
};

const refineDc: BlockDecoder = ({ reader, scan }, { component }, _, at) => {
  if (reader.bit()) component.coefficients[at] = (component.coefficients[at] ?? 0) | (1 << scan.low);
};

const firstAc: BlockDecoder = (state, { component, ac }, _, at) => {
  const { reader, scan } = state;
  if (state.endOfBand > 0) {
    state.endOfBand--;
    return;
  }
  for (let k = scan.spectralStart; k <= scan.spectralEnd; k++) {
    const symbol = reader.symbol(tableOf(ac));
    const [run, size] = [symbol >> 4, symbol & 15];
    if (size === 0 && run < 15) {
      state.endOfBand = (1 << run) - 1 + reader.bits(run);
      return;
    }
    k += run;
    if (k > 63) throw malformed("JPEG", "scan", "A block has too many coefficients.");
    if (size > 0) component.coefficients[at + (ZIGZAG[k] ?? 0)] = reader.signed(size) * (1 << scan.low);
  }
};

const refineAc: BlockDecoder = (state, { component, ac }, _, at) => {
  const { reader, scan } = state;
  const { coefficients } = component;
  const step = 1 << scan.low;
  let k = scan.spectralStart;
  while (k <= scan.spectralEnd && state.endOfBand === 0) {
    const symbol = reader.symbol(tableOf(ac));
    const [run, size] = [symbol >> 4, symbol & 15];
    if (size === 0 && run < 15) {
      state.endOfBand = (1 << run) + reader.bits(run);
      break;
    }
    const value = size > 0 ? (reader.bit() ? step : -step) : 0;
    k = passZeros(state, coefficients, { at, k, zeros: run });
    if (value !== 0 && k <= 63) coefficients[at + (ZIGZAG[k] ?? 0)] = value;
    k++;
  }
  if (state.endOfBand === 0) return;
  passZeros(state, coefficients, { at, k, zeros: 64 });
  state.endOfBand--;
};

/** Refines known coefficients on the way past `zeros` unknown ones; returns the place of the next unknown one. */
function passZeros(
  { reader, scan }: State,
  coefficients: Int32Array,
  { at, k, zeros }: { at: number; k: number; zeros: number },
): number {
  const step = 1 << scan.low;
  let left = zeros;
  for (; k <= scan.spectralEnd; k++) {
    const place = at + (ZIGZAG[k] ?? 0);
    const value = coefficients[place] ?? 0;
    if (value === 0) {
      if (left-- === 0) break;
    } else if (reader.bit() && (Math.abs(value) & step) === 0) coefficients[place] = value + Math.sign(value) * step;
  }
  return k;
}
