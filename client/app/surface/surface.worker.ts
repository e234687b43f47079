/** Makes one surface after the other, away from the page. */
import { voxelsOf } from "../../../core/volume/reslice.ts";
import type { SurfaceAnswer, SurfaceOrder } from "./mesh.ts";
import { meshOf } from "./surface.ts";

addEventListener("message", ({ data }: MessageEvent<SurfaceOrder>) => {
  const answer = answerTo(data);
  const mesh = answer.ok ? answer.mesh : undefined;
  postMessage(answer, { transfer: mesh ? [mesh.points.buffer, mesh.normals.buffer, mesh.polys.buffer] : [] });
});

function answerTo({ header, planes }: SurfaceOrder): SurfaceAnswer {
  try {
    const box = voxelsOf(header, planes);
    return { ok: true, mesh: box && meshOf(box, header.ijkToLps) };
  } catch {
    return { ok: false };
  }
}
