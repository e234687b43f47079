/** From the voxels of a segment to a smooth surface in LPS mm: marching cubes, then windowed-sinc smoothing (Taubin et al. 1996). Runs in a worker. */
import vtkDataArray from "@kitware/vtk.js/Common/Core/DataArray";
import vtkImageData from "@kitware/vtk.js/Common/DataModel/ImageData";
import type vtkPolyData from "@kitware/vtk.js/Common/DataModel/PolyData";
import vtkPolyDataNormals from "@kitware/vtk.js/Filters/Core/PolyDataNormals";
import vtkImageMarchingCubes from "@kitware/vtk.js/Filters/General/ImageMarchingCubes";
import vtkWindowedSincPolyDataFilter from "@kitware/vtk.js/Filters/General/WindowedSincPolyDataFilter";
import { determinant3, transformPoint } from "../../../core/image/geometry.ts";
import type { Mat4, Vec3 } from "../../../core/image/volume.ts";
import { sampledField } from "../../../core/volume/field.ts";
import type { VoxelBox } from "../../../core/volume/reslice.ts";
import type { Mesh } from "./mesh.ts";

/** A surface of more cells than this costs more time than it shows: a whole liver of 2 mm slices has cells of 2 to 2.5 mm. */
const MOST_CELLS = 750_000;

/** `undefined` where nothing is enclosed. */
export function meshOf(box: VoxelBox, ijkToLps: Mat4): Mesh | undefined {
  const field = sampledField(box, MOST_CELLS);
  const image = vtkImageData.newInstance();
  image.setDimensions([...field.size]);
  image.getPointData().setScalars(vtkDataArray.newInstance({ values: field.data, numberOfComponents: 1 }));
  const cubes = vtkImageMarchingCubes.newInstance({ contourValue: 0.5, computeNormals: false, mergePoints: true });
  cubes.setInputData(image);
  cubes.update();
  const raw = cubes.getOutputData();
  if (raw.getPoints().getNumberOfPoints() === 0) return undefined;
  moveToLps(raw, (point) => transformPoint(ijkToLps, field.toIjk(point)), determinant3(ijkToLps) < 0);
  const smooth = vtkWindowedSincPolyDataFilter.newInstance({
    nonManifoldSmoothing: 0,
    numberOfIterations: 18,
    passBand: 0.06,
    featureEdgeSmoothing: 0,
    boundarySmoothing: 0,
  });
  smooth.setInputData(raw);
  const normals = vtkPolyDataNormals.newInstance();
  normals.setInputConnection(smooth.getOutputPort());
  normals.update();
  return meshFrom(normals.getOutputData());
}

function meshFrom(surface: vtkPolyData): Mesh {
  const normals = surface.getPointData().getNormals();
  return {
    points: Float32Array.from(surface.getPoints().getData()),
    normals: Float32Array.from(normals?.getData() ?? []),
    polys: Uint32Array.from(surface.getPolys().getData()),
  };
}

/** In place. A mirroring transform turns triangles inside out; they are turned back. */
function moveToLps(surface: vtkPolyData, toLps: (point: Vec3) => Vec3, mirrored: boolean): void {
  const points = surface.getPoints().getData() as Float32Array; // what marching cubes makes
  for (let n = 0; n < points.length; n += 3) points.set(toLps([points[n], points[n + 1], points[n + 2]]), n);
  if (!mirrored) return;
  const cells = surface.getPolys().getData();
  for (let n = 0; n < cells.length; n += 4) [cells[n + 2], cells[n + 3]] = [cells[n + 3], cells[n + 2]];
}
