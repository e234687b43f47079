/** What tells frames at one place apart: segment, time point, echo, b-value … (PS3.3 C.7.6.16, C.8.3.1, C.8.4.8, C.8.13). */
import type { DataSet } from "../tokens.ts";
import { doublesOf, itemsOf, lenientDecimalsOf, longOf, shortAt, textOf } from "../values.ts";
import type { Frame } from "./frame.ts";

export interface Trait {
  /** For people: "echo", "time point". */
  readonly name: string;
  /**
   * Frames that differ in it are never one volume, even where their positions differ: "always", or "mostly", unless nearly
   * every frame has a value of its own, which is then only a number of the frame.
   */
  readonly strong: "always" | "mostly" | "never";
  /** Its values are said: not those of times of day, which belong to the patient's record. */
  readonly said: boolean;
  readonly of: (frame: Frame) => string | undefined;
}

type Read = (dataSet: DataSet) => string | undefined;

const decimal =
  (tag: number): Read =>
  (dataSet) =>
    lenientDecimalsOf(dataSet, tag)?.[0]?.toString();
const text =
  (tag: number): Read =>
  (dataSet) =>
    textOf(dataSet, tag);
const double =
  (tag: number): Read =>
  (dataSet) =>
    doublesOf(dataSet, tag)
      ?.map((value) => Number(value.toFixed(4)))
      .join(" ");
const short =
  (tag: number): Read =>
  (dataSet) =>
    shortAt(dataSet, tag, 0)?.toString();
const long =
  (tag: number): Read =>
  (dataSet) =>
    longOf(dataSet, tag)?.toString();

/** Where makers wrote the b-value before DICOM had a place for it: (0019,100C) Siemens, (0043,1039) GE plus a marker of 10⁹. */
const privateBValue: Read = (dataSet) => {
  const maker = textOf(dataSet, 0x00080070)?.toUpperCase() ?? "";
  if (maker.startsWith("SIEMENS")) return decimal(0x0019100c)(dataSet);
  const value = maker.startsWith("GE") ? lenientDecimalsOf(dataSet, 0x00431039)?.[0] : undefined;
  return value === undefined ? undefined : String(value % 1e9);
};

const FRAME_CONTENT = 0x00209111;
const ECHO = 0x00189114;
const DIFFUSION = 0x00189117;
const CARDIAC = 0x00189118;

/** In a functional group of the frame or in the shared one. */
const grouped =
  (sequence: number, read: Read, inner?: number) =>
  ({ source, frame }: Frame): string | undefined => {
    const { dataSet } = source.file;
    const sets = [itemsOf(dataSet, 0x52009230)[frame], itemsOf(dataSet, 0x52009229)[0]];
    for (const set of sets) {
      const group = set && itemsOf(set, sequence)[0];
      const place = group && inner !== undefined ? itemsOf(group, inner)[0] : group;
      const value = place && read(place);
      if (value !== undefined) return value;
    }
    return undefined;
  };

/** In the data set itself; the same for all frames of a file, so it is read once a file. */
function plain(read: Read): (frame: Frame) => string | undefined {
  const known = new WeakMap<DataSet, { value: string | undefined }>();
  return ({ source }) => {
    const { dataSet } = source.file;
    const found = known.get(dataSet) ?? { value: read(dataSet) };
    known.set(dataSet, found);
    return found.value;
  };
}

/** A list with one number for each frame (PS3.3 C.8.4.8). */
const vector =
  (tag: number) =>
  ({ source, frame }: Frame): string | undefined =>
    source.header.frames > 1 ? shortAt(source.file.dataSet, tag, frame)?.toString() : undefined;

type Reader = Trait["of"];

/** The first of several places that has a value. */
const anyOf =
  (...readers: readonly Reader[]): Reader =>
  (frame) => {
    for (const read of readers) {
      const value = read(frame);
      if (value !== undefined) return value;
    }
    return undefined;
  };

const trait = (name: string, strong: Trait["strong"], ...readers: readonly Reader[]): Trait => ({
  name,
  strong,
  said: !name.endsWith(" time") || name === "echo time" || name === "inversion time" || name === "frame time",
  of: anyOf(...readers),
});

/** In the order in which they are tried. */
export const TRAITS: readonly Trait[] = [
  trait("segment", "always", grouped(0x0062000a, short(0x0062000b))),
  trait("stack", "always", grouped(FRAME_CONTENT, text(0x00209056))),
  trait("energy window", "always", vector(0x00540010)),
  trait("detector", "always", vector(0x00540020)),
  trait("time point", "mostly", plain(decimal(0x00200100)), grouped(FRAME_CONTENT, long(0x00209128))),
  trait("time slot", "mostly", vector(0x00540070), vector(0x00540100)),
  trait("phase", "mostly", vector(0x00540030)),
  trait("echo", "mostly", plain(decimal(0x00180086))),
  trait("echo time", "mostly", plain(decimal(0x00180081)), grouped(ECHO, double(0x00189082))),
  trait("b-value", "mostly", plain(double(0x00189087)), grouped(DIFFUSION, double(0x00189087)), plain(privateBValue)),
  trait("diffusion direction", "never", plain(double(0x00189089)), grouped(DIFFUSION, double(0x00189089), 0x00189076)),
  trait("component", "never", plain(text(0x00089208)), grouped(0x00189226, text(0x00089208))),
  trait("image type", "never", plain(text(0x00080008)), grouped(0x00189226, text(0x00089007))),
  trait("acquisition", "never", plain(decimal(0x00200012)), grouped(FRAME_CONTENT, short(0x00209156))),
  trait("cardiac phase", "never", plain(decimal(0x00181060)), grouped(CARDIAC, double(0x00209153))),
  trait("inversion time", "never", plain(decimal(0x00180082))),
  trait("flip angle", "never", plain(decimal(0x00181314))),
  trait("tube voltage", "never", plain(decimal(0x00180060))),
  trait("kernel", "never", plain(text(0x00181210))),
  trait("frame time", "never", plain(decimal(0x00541300))),
  trait("acquisition time", "never", plain(text(0x0008002a)), plain(decimal(0x00080032))),
  trait("content time", "never", plain(decimal(0x00080033))),
];
