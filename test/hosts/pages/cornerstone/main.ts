/** Cornerstone3D with a series of the phantom: volume viewports in three planes, or a stack whose order is not ours. */
import * as core from "@cornerstonejs/core";
import * as tools from "@cornerstonejs/tools";
import { axisOf, type Vec3 } from "@promptomy/client";
import { cornerstoneAdapter, cornerstonePoint } from "@promptomy/client/cornerstone";
import { cornerstoneTools } from "@promptomy/client/cornerstone-tools";
import { type Binding, bind, type LpsPoint } from "@promptomy/client/viewer";
import { judge } from "../judge.ts";
import { connect, makeSeries, type Series, type SeriesName } from "../series.ts";

type View = "axial" | "coronal" | "sagittal";

const segmenter = await connect();
await core.init();
await tools.init();

/** Cornerstone keeps the direction of an axis apart from its step. */
function placed({ ijkToLps }: Series) {
  const axes = [axisOf(ijkToLps, 0), axisOf(ijkToLps, 1), axisOf(ijkToLps, 2)];
  const spacing = axes.map((axis) => Math.hypot(...axis)) as core.Types.Point3;
  const direction = axes.flatMap((axis, n) =>
    axis.map((value: number) => value / (spacing[n] ?? 1)),
  ) as core.Types.Mat3;
  const origin: core.Types.Point3 = [ijkToLps[3] ?? 0, ijkToLps[7] ?? 0, ijkToLps[11] ?? 0];
  return { spacing, direction, origin };
}

/** 120 mm, about the liver, along the two voxel axes that the view shows: both corners lie on the slice of the middle. */
function boxAround(
  { ijkToLps }: Series,
  { point, normal = [0, 0, 1], ...at }: LpsPoint,
): { from: LpsPoint; to: LpsPoint } {
  const shown = ([0, 1, 2] as const).filter((n) => Math.abs(normal[n]) < 0.5).map((n) => axisOf(ijkToLps, n));
  const corner = (side: number): LpsPoint => {
    const moved = point.map((value, n) =>
      shown.reduce((sum, axis) => sum + (side * (axis[n] ?? 0)) / Math.hypot(...axis), value),
    );
    return { ...at, normal, point: [moved[0] ?? 0, moved[1] ?? 0, moved[2] ?? 0] };
  };
  return { from: corner(-60), to: corner(60) };
}

type Way = "cornerstone" | "plain";

/**
 * Milliseconds from a click on a slice that nothing was asked of yet to its mask: in Cornerstone's labelmap, or as the client
 * gives it to a page of its own. `slices` from the middle of the liver.
 */
async function firstMask(
  binding: Binding,
  { ijkToLps, liver }: Series,
  { way, slices, viewport }: { way: Way; slices: number; viewport: core.Types.IVolumeViewport },
): Promise<number> {
  const [x, y, z] = axisOf(ijkToLps, 2);
  const at = cornerstonePoint(viewport, [liver[0] + slices * x, liver[1] + slices * y, liver[2] + slices * z]);
  await new Promise((resolve) => setTimeout(resolve, 1000)); // what was painted last is on the screen
  const start = performance.now();
  if (way === "cornerstone") await binding.prompt({ kind: "point", at });
  else {
    const { plane, slice, ...pixel } = binding.pixelOf(at);
    const window = { center: 40, width: 400 };
    const on = await segmenter.embed({ imageId: binding.image.imageId, plane, slice, window });
    const click = { kind: "point", x: pixel.x, y: pixel.y, label: "foreground" } as const;
    await segmenter.segment(on, [click], { multimask: false });
  }
  return performance.now() - start;
}

let count = 0;
let latest: Binding | undefined;
for (const tool of cornerstoneTools({ core, tools, binding: () => latest }))
  tools.addTool(tool as tools.Types.IToolClassReference);

/** The primary button of the viewports is a tool of ours. */
function take(toolName: string, engineId: string, views: readonly View[]) {
  const group = tools.ToolGroupManager.createToolGroup(`${toolName}-${engineId}`);
  for (const view of views) group?.addViewport(view, engineId);
  group?.addTool(toolName);
  group?.setToolActive(toolName, { bindings: [{ mouseButton: tools.Enums.MouseBindings.Primary }] });
  return () => tools.ToolGroupManager.destroyToolGroup(`${toolName}-${engineId}`);
}

// A local volume has its images in the cache, and Cornerstone asks a loader for one of them again.
core.imageLoader.registerImageLoader("local", (imageId: string) => ({
  promise: Promise.resolve(core.cache.getImage(imageId) as core.Types.IImage),
}));

async function wholeVolume(volumeId: string, series: Series): Promise<void> {
  const { voxels: scalarData, size } = series;
  const dimensions: core.Types.Point3 = [size[0], size[1], size[2]];
  const metadata = { Modality: "CT" } as core.Types.Metadata;
  core.volumeLoader.createLocalVolume(volumeId, { ...placed(series), scalarData, dimensions, metadata });
}

/** Images that come one after the other, a second after they are asked for. */
core.imageLoader.registerImageLoader("slow", (imageId: string) => ({
  promise: new Promise<core.Types.IImage>((resolve) => {
    const image = core.cache.getImage(imageId.replace("slow:", "local:"));
    if (image) setTimeout(() => resolve({ ...image, imageId }), 1000);
  }),
}));
core.metaData.addProvider((type: string, imageId: string) =>
  String(imageId).startsWith("slow:") ? core.metaData.get(type, imageId.replace("slow:", "local:")) : undefined,
);

async function slowVolume(volumeId: string, series: Series): Promise<void> {
  const imageIds = localImages(series, `${volumeId.replace("local:", "")}s`).map((id) => id.replace("local:", "slow:"));
  const volume = await core.volumeLoader.createAndCacheVolume(volumeId, { imageIds });
  volume.load();
}

const openSlowVolume = (name: SeriesName) => openVolume(name, slowVolume);

async function openVolume(name: SeriesName, make: (volumeId: string, series: Series) => Promise<void> = wholeVolume) {
  const series = await makeSeries(segmenter, name);
  const [volumeId, segmentationId, engineId] = [`local:${++count}`, `seg${count}`, `engine${count}`];
  const { size } = series;
  await make(volumeId, series);
  const engine = new core.RenderingEngine(engineId);
  const { ORTHOGRAPHIC } = core.Enums.ViewportType;
  const views: View[] = ["axial", "coronal", "sagittal"];
  engine.setViewports(
    views.map((viewportId) => ({
      viewportId,
      type: ORTHOGRAPHIC,
      element: document.querySelector<HTMLDivElement>(`#${viewportId}`) ?? document.createElement("div"),
      defaultOptions: { orientation: core.Enums.OrientationAxis[viewportId.toUpperCase() as "AXIAL"] },
    })),
  );
  await core.setVolumesForViewports(engine, [{ volumeId }], views);
  const labelmapId = `${segmentationId}-labels`;
  core.volumeLoader.createAndCacheDerivedLabelmapVolume(volumeId, { volumeId: labelmapId });
  const { Labelmap } = tools.Enums.SegmentationRepresentations;
  tools.segmentation.addSegmentations([
    { segmentationId, representation: { type: Labelmap, data: { volumeId: labelmapId } } },
  ]);
  for (const view of views) await tools.segmentation.addLabelmapRepresentationToViewport(view, [{ segmentationId }]);
  const viewports = Object.fromEntries(
    views.map((view) => [view, engine.getViewport(view) as core.Types.IVolumeViewport]),
  );
  for (const viewport of Object.values(viewports)) viewport.setProperties({ voiRange: { lower: -160, upper: 240 } });
  engine.render();
  const axial = viewports.axial as core.Types.IVolumeViewport;
  const binding = await bind(segmenter, cornerstoneAdapter({ core, tools, viewport: axial, segmentationId }));
  latest = binding;
  const click = async (view: View) => {
    const viewport = viewports[view] as core.Types.IVolumeViewport;
    const at = cornerstonePoint(viewport, [...series.liver]);
    await binding.prompt({ kind: "box", ...boxAround(series, at) });
    const labels = core.cache.getVolume(labelmapId);
    return judge(binding, at, {
      size,
      get: (i, j, k) => Number(labels?.voxelManager?.getAtIJK(i, j, k)),
      toLps: (i, j, k) => [...(labels?.imageData?.indexToWorld([i, j, k]) ?? [])] as unknown as Vec3,
    });
  };
  return {
    engine,
    binding,
    click,
    first: (way: Way, slices: number) => firstMask(binding, series, { way, slices, viewport: axial }),
    take: (toolName: string) => take(toolName, engineId, views),
    /** Where the liver is on the screen. */
    screen: () => {
      const [x, y] = axial.worldToCanvas([...series.liver]);
      const { left, top } = axial.element.getBoundingClientRect();
      return [left + x, top + y];
    },
    /** As a drag with the window's tool does it. */
    window(lower: number, upper: number) {
      axial.setProperties({ voiRange: { lower, upper } });
      engine.render();
    },
    area: () => areaOf(core.cache.getVolume(labelmapId)?.voxelManager?.getCompleteScalarDataArray?.()),
  };
}

// A local image has the metadata of its plane and pixels alone; painting a stack asks for the modality too.
core.metaData.addProvider((type: string, imageId: string) =>
  type === "generalSeriesModule" && String(imageId).startsWith("local:") ? { modality: "CT" } : undefined,
);

/** Counted without a copy: the tests ask while Cornerstone waits for a second press, and the page must stay quick. */
function areaOf(labels: ArrayLike<number> = []): number {
  let area = 0;
  for (let n = 0; n < labels.length; n++) if (labels[n]) area++;
  return area;
}

/** One image a slice, in the order of the voxels. */
function localImages(series: Series, id: string): string[] {
  const { voxels, size } = series;
  const { spacing, direction, origin } = placed(series);
  const step = axisOf(series.ijkToLps, 2);
  return Array.from({ length: size[2] }, (_, k) => {
    const imageId = `local:${id}-${k}`;
    core.imageLoader.createAndCacheLocalImage(imageId, {
      scalarData: voxels.slice(k * size[0] * size[1], (k + 1) * size[0] * size[1]),
      dimensions: [size[0], size[1]],
      spacing: [spacing[0], spacing[1]],
      origin: [origin[0] + k * step[0], origin[1] + k * step[1], origin[2] + k * step[2]],
      direction,
      frameOfReferenceUID: "1.2.3",
    });
    return imageId;
  });
}

/** Images in an order that is neither ours nor that of their positions. */
async function openStack(name: SeriesName) {
  const series = await makeSeries(segmenter, name);
  const { size } = series;
  const id = ++count;
  const imageIds = localImages(series, String(id)).reverse();
  const segmentationId = `stackseg${id}`;
  const engine = new core.RenderingEngine(`engine${id}`);
  const element = document.querySelector<HTMLDivElement>("#axial") ?? document.createElement("div");
  engine.enableElement({ viewportId: "stack", type: core.Enums.ViewportType.STACK, element });
  const viewport = engine.getViewport("stack") as core.Types.IStackViewport;
  await viewport.setStack(imageIds, Math.floor(size[2] / 2));
  viewport.setProperties({ voiRange: { lower: -160, upper: 240 } });
  const labelmapImageIds = core.imageLoader.createAndCacheDerivedLabelmapImages(imageIds).map(({ imageId }) => imageId);
  const { Labelmap } = tools.Enums.SegmentationRepresentations;
  tools.segmentation.addSegmentations([
    { segmentationId, representation: { type: Labelmap, data: { imageIds: labelmapImageIds } } },
  ]);
  await tools.segmentation.addLabelmapRepresentationToViewport("stack", [{ segmentationId }]);
  const binding = await bind(segmenter, cornerstoneAdapter({ core, tools, viewport, segmentationId, modality: "CT" }));
  const at = cornerstonePoint(viewport, [...series.liver]);
  const click = async () => {
    await binding.prompt({ kind: "box", ...boxAround(series, at) });
    return judge(binding, at, {
      size,
      get: (i, j, k) =>
        Number(core.cache.getImage(labelmapImageIds[size[2] - 1 - k] ?? "")?.voxelManager?.getAtIndex(i + j * size[0])),
      toLps: (i, j, k) => {
        const plane = core.metaData.get("imagePlaneModule", imageIds[size[2] - 1 - k] ?? "");
        const {
          imagePositionPatient: p,
          rowCosines: x,
          columnCosines: y,
          columnPixelSpacing: dx,
          rowPixelSpacing: dy,
        } = plane;
        return [0, 1, 2].map((n) => p[n] + i * dx * x[n] + j * dy * y[n]) as unknown as Vec3;
      },
    });
  };
  return { engine, binding, click, viewport };
}

const history = core.utilities.HistoryMemo.DefaultHistoryMemo;
Object.assign(globalThis, { host: { openVolume, openSlowVolume, openStack, history } });
