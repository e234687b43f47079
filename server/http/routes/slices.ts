/** `GET /v1/images/:id/slices/:plane/:k` gives the pixels of one slice: as stored, or as a PNG under a window. */
import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { z } from "zod";
import { SegmenterError } from "../../../core/errors.ts";
import { dtypeOf, littleEndianBytes } from "../../../core/image/dtype.ts";
import { findPlane, planeOf } from "../../../core/image/planes.ts";
import type { PartRequest, Slice, Window } from "../../../core/image/volume.ts";
import { shownColour, windowToBytes } from "../../../core/image/window.ts";
import { Digest, type ImageInfo, Plane } from "../../../core/wire/index.ts";
import { writePng } from "../../../formats/index.ts";
import type { AppEnv } from "../app-env.ts";
import type { AppDeps } from "../deps.ts";
import { timed } from "../middleware/context.ts";
import { immutable } from "./immutable.ts";
import { binary, problems } from "./shared.ts";

/** Counts up when the bytes of an answer change for the same address. */
const REVISION = 2;

/** Stored values; the parameter marks them for compression. */
const VOXELS = "application/octet-stream;voxels";

const NUMBER = String.raw`-?\d{1,9}(?:\.\d{1,9})?`;
const Query = z.strictObject({
  window: z
    .string()
    .regex(new RegExp(`^(?:auto|${NUMBER},${NUMBER})$`))
    .optional()
    .describe("`center,width` in modality units, or `auto`; the answer is an 8-bit PNG"),
  region: z
    .string()
    .regex(/^\d{1,6}(?:,\d{1,6}){3}$/)
    .optional()
    .describe("`x0,y0,x1,y1`, half-open, in pixels of the slice: only this part of it"),
  level: z
    .string()
    .regex(/^\d{1,2}$/)
    .optional()
    .describe("each pixel of the answer is the mean of 2^level × 2^level pixels; 0 by default"),
});

type Size = Pick<Slice, "width" | "height">;

const slice = createRoute({
  operationId: "getSlice",
  method: "get",
  path: "/v1/images/{id}/slices/{plane}/{k}",
  tags: ["images"],
  summary: "Pixels of one slice",
  description:
    "Stored values, little-endian, row by row: `X-Dtype`, `X-Shape` (height,width[,3]), `X-Rescale-Slope`, `X-Rescale-Intercept`, `X-Inverted`, `X-Spacing-Mm` (x,y; absent when unknown). With `window` a PNG. Large pictures are read in parts: `region` and `level`.",
  request: {
    params: z.object({
      id: Digest.describe("imageId"),
      plane: Plane,
      k: z
        .string()
        .regex(/^\d{1,6}$/)
        .describe("slice number from 0"),
    }),
    query: Query,
  },
  responses: {
    200: binary("Pixels", "application/octet-stream", "image/png"),
    206: binary("A part of them", "application/octet-stream", "image/png"),
    304: { description: "Not changed" },
    ...problems(404, 416, 422),
  },
});

/** Pixels of slices, as stored or as a PNG. */
export function sliceRoutes({ images }: AppDeps): OpenAPIHono<AppEnv> {
  const app = new OpenAPIHono<AppEnv>();
  app.openapi(slice, async (c) => {
    const { id, plane, k } = c.req.valid("param");
    const { window: asked, ...wanted } = c.req.valid("query");
    const info = await images.get(id);
    if (!info) throw new SegmenterError("ImageNotFound", { imageId: id });
    const part = partRequest(wanted, planeOf(info, plane, Number(k)));
    const found = await timed(c, "slice", () => images.slice(id, plane, Number(k), part));
    const name = `${id.slice(7, 39)}-${plane}-${Number(k)}${part ? `-${regionText(part.region)}-${part.level}` : ""}`;
    if (asked === undefined) {
      const bytes = littleEndianBytes(found.data);
      return immutable(c, { ...fixed(bytes, `${name}-r${REVISION}`, VOXELS), headers: headersOf(found) });
    }
    const window = windowOf(asked, info, findPlane(info, plane)?.windows?.[Number(k)]);
    const png = await timed(c, "png", async () => pngOf(found, window));
    return immutable(
      c,
      fixed(png, `${name}-${window ? `${window.center},${window.width}` : "auto"}-r${REVISION}`, "image/png"),
    );
  });
  return app;
}

function partRequest({ region, level }: Omit<z.infer<typeof Query>, "window">, plane: Size): PartRequest | undefined {
  if (region === undefined && level === undefined) return undefined;
  const [x0 = 0, y0 = 0, x1 = plane.width, y1 = plane.height] = region?.split(",").map(Number) ?? [];
  return { region: { x0, y0, x1, y1 }, level: Number(level ?? 0) };
}

const regionText = ({ x0, y0, x1, y1 }: PartRequest["region"]): string => `${x0},${y0},${x1},${y1}`;

/** A representation that is wholly in memory. */
function fixed(bytes: Uint8Array, etag: string, type: string) {
  const read = ({ start, end }: { start: number; end: number }) => bytes.slice(start, end + 1);
  return { etag, type, size: bytes.byteLength, read, scope: "private" as const };
}

function headersOf({ data, width, height, channels, rescale, inverted, spacingMm }: Slice): Record<string, string> {
  return {
    "X-Dtype": dtypeOf(data),
    "X-Shape": channels === 3 ? `${height},${width},3` : `${height},${width}`,
    "X-Rescale-Slope": String(rescale.slope),
    "X-Rescale-Intercept": String(rescale.intercept),
    "X-Inverted": String(inverted),
    ...(spacingMm ? { "X-Spacing-Mm": spacingMm.join(",") } : {}),
  };
}

/** The automatic one is the slice's own, else the image's first; `null` for colour, which knows by itself whether it is dark. */
function windowOf(asked: string, { windows, channels }: ImageInfo, own: Window | undefined): Window | null {
  const first = own ?? windows[0];
  if (asked === "auto" && channels === 3) return null;
  if (asked === "auto" && first) return first;
  const [center = 0, width = 0] = asked.split(",").map(Number);
  if (!(width >= 1e-6))
    throw new SegmenterError("InvalidRequest", { reason: "expected a positive width", path: "window" });
  return { center, width };
}

function pngOf(slice: Slice, window: Window | null): Uint8Array {
  const { width, height, channels } = slice;
  const data =
    channels === 1 && window
      ? new Uint8Array(windowToBytes(slice, window))
      : littleEndianBytes(shownColour(slice, window));
  return writePng({ width, height, channels, data });
}
