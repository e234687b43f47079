/** Moves through the open image, and how it is looked at. */
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { NamedWindow, Plane, Vec3 } from "../../../core/image/volume.ts";
import type { Context } from "../context/context.ts";
import { gridOf } from "../state/focus.ts";
import type { OpenImage } from "../state/open-image.ts";
import { placeOf, sameWindow, windowOn } from "../state/places.ts";
import type { Encoder } from "./encoder.ts";

export interface Moves {
  setPlane(plane: Plane): void;
  setSlice(slice: number): void;
  step(by: number): void;
  /** Shows a slice of the open image, in whatever plane. */
  goTo(place: SliceRef): void;
  /** Shows a voxel in every pane. */
  lookAt(voxel: Vec3): void;
  setWindow(window: NamedWindow): void;
  /** Makes the display window the encoded one. */
  reencode(): void;
  /** Says what kind of image it is, where the file does not. */
  setModality(modality: string): void;
  /** A region of the vocabulary, or empty for all: where names are looked for that nobody said. */
  setBodyPart(bodyPart: string): void;
  /** What is looked for; empty for every kind of structure. */
  setTask(task: OpenImage["task"]): void;
}

/** What the server still takes for a width. */
const LEAST_WIDTH = 1e-6;

/** Nothing of the slice before is left on the screen: neither its pixels nor what was begun on them. */
const LEFT_BEHIND = { pixels: undefined, detail: undefined, embedding: undefined } as const;

/** `onMeaning` runs when prompts mean something else from now on. */
export function createMoves({ store }: Context, encoder: Encoder, onMeaning: () => void): Moves {
  const show = (image: OpenImage, plane: OpenImage["plane"], wanted: number, direction: -1 | 0 | 1) => {
    const slice = Math.min(plane.count - 1, Math.max(0, Math.round(wanted)));
    if (plane === image.plane && slice === image.slice) return;
    const sliceByPlane = { ...image.sliceByPlane, [image.plane.plane]: image.slice, [plane.plane]: slice };
    const turned = plane === image.plane ? {} : { view: { zoom: 1, panX: 0, panY: 0 }, cursor: undefined };
    const windows = {
      window: windowOn(image.window, plane, slice),
      encodeWindow: windowOn(image.encodeWindow, plane, slice),
    };
    const moved = { ...image, plane, slice, sliceByPlane, ...windows, ...LEFT_BEHIND };
    store.set({ image: moved, preview: undefined, gesture: undefined, ...turned });
    encoder.follow(direction);
  };
  const setSlice = (slice: number) => {
    const { image } = store.state;
    if (image) show(image, image.plane, slice, slice > image.slice ? 1 : -1);
  };
  const planeOf = (image: OpenImage, name: Plane) => image.info.planes.find(({ plane }) => plane === name);
  return {
    setSlice,
    step: (by) => setSlice((store.state.image?.slice ?? 0) + by),
    setPlane(name) {
      const { image } = store.state;
      const plane = image && planeOf(image, name);
      if (image && plane && plane !== image.plane)
        show(image, plane, image.sliceByPlane[name] ?? Math.floor(plane.count / 2), 0);
    },
    goTo(place) {
      const { image } = store.state;
      const plane = image && planeOf(image, place.plane);
      if (image && plane && placeOf(image).imageId === place.imageId) show(image, plane, place.slice, 0);
    },
    lookAt(voxel) {
      const { image } = store.state;
      if (!image) return;
      const { size } = image.info;
      const [i, j, k] = voxel.map((at, n) => Math.min(size[n] - 1, Math.max(0, Math.round(at))));
      store.set({ focus: [i, j, k] });
      setSlice(gridOf(image, image.plane.plane).fromIjk([i, j, k])[2]);
    },
    setWindow(window) {
      const { image } = store.state;
      if (image?.window)
        store.set({ image: { ...image, window: { ...window, width: Math.max(LEAST_WIDTH, window.width) } } });
    },
    reencode() {
      const { image } = store.state;
      if (!image || sameWindow(image.window, image.encodeWindow)) return;
      store.set({ image: { ...image, encodeWindow: image.window }, preview: undefined });
      encoder.follow(0);
    },
    setModality(modality) {
      const { image } = store.state;
      if (!image || modality === image.modality) return;
      store.set({ image: { ...image, modality }, preview: undefined });
      onMeaning();
    },
    setBodyPart(bodyPart) {
      const { image } = store.state;
      if (image) store.set({ image: { ...image, bodyPart }, guesses: undefined });
    },
    setTask(task) {
      const { image } = store.state;
      if (image) store.set({ image: { ...image, task }, guesses: undefined });
    },
  };
}
