/** Surfaces of segments, made in a worker one at a time: what is not wanted any more is not begun, and never shown. */
import type { VolumeHeader } from "../../../core/image/slice.ts";
import type { Mask } from "../../../core/mask/mask.ts";
import type { PlaneMasks } from "../../../core/volume/reslice.ts";
import { startWorker } from "../../decode/start-worker.ts";
import type { Mesh, SurfaceAnswer, SurfaceOrder } from "./mesh.ts";
import workerUrl from "./surface.worker.ts?worker&url";

export interface Wanted {
  readonly id: string;
  readonly planes: readonly PlaneMasks[];
}

export interface Surfaces {
  /** What is wanted now, all of it, of one image; `onChange` runs when another surface is there. */
  want(header: VolumeHeader, wanted: readonly Wanted[]): void;
  /** The newest surface of a segment that is wanted; that of its earlier masks until the one of these is made. */
  of(id: string): Mesh | undefined;
  /** Is a surface being made? */
  busy(): boolean;
  stop(): void;
}

interface Made {
  readonly planes: readonly PlaneMasks[];
  readonly mesh: Mesh | undefined;
}

export function createSurfaces(onChange: () => void, onFailure: () => void): Surfaces {
  const worker = startWorker(new URL(workerUrl, import.meta.url));
  const made = new Map<string, Made>();
  let header: VolumeHeader | undefined;
  let wanted: readonly Wanted[] = [];
  let under: (Wanted & { readonly header: VolumeHeader }) | undefined;

  const next = () => {
    if (under || !header) return;
    const missing = wanted.find(({ id, planes }) => !isSame(made.get(id)?.planes, planes));
    if (!missing) return;
    under = { ...missing, header };
    worker.postMessage({ header, planes: missing.planes.map(ownData) } satisfies SurfaceOrder);
  };
  worker.addEventListener("message", ({ data }: MessageEvent<SurfaceAnswer>) => {
    const done = under;
    under = undefined;
    // Of another image, or of a segment that is gone or hidden: nobody waits for it.
    if (done && done.header === header && wanted.some(({ id }) => id === done.id))
      made.set(done.id, { planes: done.planes, mesh: data.ok ? data.mesh : undefined });
    if (!data.ok) onFailure();
    next();
    onChange();
  });
  worker.addEventListener("error", onFailure);
  return {
    want(of, list) {
      if (of !== header) made.clear();
      header = of;
      wanted = list;
      for (const id of made.keys()) if (!list.some((segment) => segment.id === id)) made.delete(id);
      next();
    },
    of: (id) => made.get(id)?.mesh,
    busy: () => under !== undefined,
    stop: () => worker.terminate(),
  };
}

/** The same masks on the same slices: any other change of the work leaves a surface as it is. */
function isSame(a: readonly PlaneMasks[] | undefined, b: readonly PlaneMasks[]): boolean {
  return (
    a?.length === b.length &&
    a.every(({ plane, masks }, n) => {
      const other = b[n];
      return (
        plane === other.plane &&
        masks.size === other.masks.size &&
        [...masks].every(([slice, mask]) => other.masks.get(slice) === mask)
      );
    })
  );
}

/** A view into a larger buffer would be sent with all of it. */
const ownData = ({ plane, masks }: PlaneMasks): PlaneMasks => ({
  plane,
  masks: new Map(
    [...masks].map(([slice, { width, height, data }]): [number, Mask] => [slice, { width, height, data: alone(data) }]),
  ),
});

const alone = (data: Uint8Array): Uint8Array => (data.byteLength === data.buffer.byteLength ? data : data.slice());
