/** How well a viewer's own voxels agree with `POST /v1/masks`: without any of the client's placing code. */
import { decodeRle, invert, transformPoint, type Vec3 } from "@promptomy/client";
import type { Binding, HostPoint } from "@promptomy/client/viewer";
import { server } from "./series.ts";

/** The viewer's labels, with the viewer's own way from an index to the patient. */
export interface ViewerLabels {
  readonly size: Vec3;
  get(i: number, j: number, k: number): number;
  toLps(i: number, j: number, k: number): Vec3;
}

export interface Verdict {
  readonly dice: number;
  readonly area: number;
  readonly plane: string;
  readonly slice: number;
}

export async function judge(binding: Binding, at: HostPoint, labels: ViewerLabels): Promise<Verdict> {
  const { image, log } = binding;
  const { plane, slice } = binding.pixelOf(at);
  const line = log.done.at(-1);
  if (line?.kind !== "prompt") throw new Error("nothing was prompted");
  const { prompts } = line;
  const { window } = line.at;
  const body = JSON.stringify({ imageId: image.imageId, plane, slice, prompts, ...(window ? { window } : {}) });
  const response = await fetch(`${server}/v1/masks`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body,
  });
  const { masks } = await response.json();
  const truth = decodeRle(masks[0].rle);
  const grid = image.planes.find((stack) => stack.plane === plane);
  if (!grid) throw new Error(`no plane ${plane}`);
  const toPixel = invert(grid.xyToLps);
  const [both, either] = [{ count: 0 }, { count: 0 }];
  for (let k = 0; k < labels.size[2]; k++)
    for (let j = 0; j < labels.size[1]; j++)
      for (let i = 0; i < labels.size[0]; i++) {
        const [px, py, pk] = transformPoint(toPixel, labels.toLps(i, j, k)).map(Math.round) as unknown as Vec3;
        const inTruth = pk === slice && truth.data[py * truth.width + px] === 1;
        const inViewer = labels.get(i, j, k) === 1;
        if (inTruth && inViewer) both.count++;
        either.count += Number(inTruth) + Number(inViewer);
      }
  const area = truth.data.reduce((sum, value) => sum + value, 0);
  return { dice: either.count === 0 ? 1 : (2 * both.count) / either.count, area, plane, slice };
}
