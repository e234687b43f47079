/** Surfaces of what is shown: kept up to date while somebody looks at them, and made once after each job, so that they are there when they are asked for. */
import { type SegmentationHeader, segmentationHeader } from "../../../core/annotation/segmentation.ts";
import type { ImageInfo } from "../../../core/wire/index.ts";
import type { Context } from "../context/context.ts";
import { segmentList } from "../state/segments.ts";
import { masksOf } from "../state/shown.ts";
import type { State } from "../state/state.ts";
import type { Mesh } from "../surface/mesh.ts";
import type { Surfaces } from "../surface/surfaces.ts";

export interface SurfaceViewer {
  /** Another surface is there, or one is begun. */
  changed(): void;
  failed(): void;
}

export interface ReadySurfaces {
  /** Keeps the surfaces up to date until the function that it gives is called. */
  follow(viewer: SurfaceViewer): () => void;
  /** The newest surface of a segment; `undefined` until the first one is made. */
  of(segmentId: string): Mesh | undefined;
  /** Is a surface being made? */
  busy(): boolean;
}

/** Masks come one by one while a job runs; a surface is made after a rest. */
const REST_MS = 150;

/** Opens nothing before it is needed: the worker, and vtk.js in it, come with the first surface. */
export function createReadySurfaces({ store, ended }: Pick<Context, "store" | "ended">): ReadySurfaces {
  let surfaces: Surfaces | undefined;
  let viewer: SurfaceViewer | undefined;
  let ofImage: { readonly info: ImageInfo; readonly header: SegmentationHeader } | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let jobEnded = false;
  let before = store.state;

  const changed = () => {
    viewer?.changed();
    if (!viewer && surfaces && !surfaces.busy()) loadScene();
  };
  const failed = () => viewer?.failed();
  const opened = async (): Promise<Surfaces | undefined> => {
    const { createSurfaces } = await import("../surface/surfaces.ts");
    if (!ended.aborted) surfaces ??= createSurfaces(changed, failed);
    return surfaces;
  };
  const order = async (): Promise<void> => {
    jobEnded = false;
    const making = await opened();
    const { image } = store.state;
    if (!making || !image) return;
    if (ofImage?.info !== image.info) ofImage = { info: image.info, header: segmentationHeader(image.info) };
    const wanted = segmentList(store.state).filter(({ hidden }) => !hidden);
    making.want(
      ofImage.header,
      wanted.map(({ id }) => ({ id, planes: masksOf(store.state, id) })),
    );
    viewer?.changed();
  };
  const orderNow = () => void order().catch(failed);
  const stopListening = store.subscribe(() => {
    const [old, now] = [before, store.state];
    before = now;
    if (isSame(old, now)) return;
    if (old.job && !now.job) jobEnded = true;
    if (!viewer && !jobEnded) return;
    clearTimeout(timer);
    timer = setTimeout(orderNow, REST_MS);
  });
  ended.addEventListener("abort", () => {
    stopListening();
    clearTimeout(timer);
    surfaces?.stop();
  });
  return {
    follow(next) {
      viewer = next;
      orderNow();
      return () => {
        if (viewer === next) viewer = undefined;
      };
    },
    of: (segmentId) => (ofImage?.info === store.state.image?.info ? surfaces?.of(segmentId) : undefined),
    busy: () => surfaces?.busy() ?? false,
  };
}

/** As far as surfaces are concerned. */
const isSame = (a: State, b: State): boolean =>
  a.image?.info === b.image?.info && a.masks === b.masks && a.job === b.job && a.log === b.log && a.hidden === b.hidden;

/** What draws surfaces, when the page has nothing else to do: it stands still while vtk.js starts. */
function loadScene(): void {
  const load = () => void import("../surface/scene.ts").catch(() => {}); // asked for again when it is shown
  if ("requestIdleCallback" in globalThis) requestIdleCallback(load);
  else setTimeout(load);
}
