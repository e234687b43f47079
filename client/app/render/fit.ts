/**
 * The area that the image is fitted to. It begins as the whole canvas and then stays where it is on the screen: bars that come
 * and go beside the canvas change its size, and must not move the image under the pointer.
 */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Fit {
  /**
   * The area, in CSS pixels of the canvas, for what `key` names. Once it has been `seen`, only another key fits anew.
   */
  area(key: string, seen: boolean): Area;
}

/** `measure` gives where the canvas lies in the viewer, whose own corner stays. */
export function createFit(measure: () => Area): Fit {
  let held: { readonly key: string; readonly at: Area } | undefined;
  return {
    area(key, seen) {
      const now = measure();
      const at = held?.key === key ? held.at : now;
      if (seen && held?.key !== key) held = { key, at };
      return { ...at, x: at.x - now.x, y: at.y - now.y };
    },
  };
}
