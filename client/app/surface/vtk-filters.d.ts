/** Filters that vtk.js ships without types: as far as they are used here. */
declare module "@kitware/vtk.js/Filters/General/ImageMarchingCubes" {
  const filter: VtkFilter<{ contourValue: number; computeNormals: boolean; mergePoints: boolean }>;
  export default filter;
}
declare module "@kitware/vtk.js/Filters/General/WindowedSincPolyDataFilter" {
  const filter: VtkFilter<{
    nonManifoldSmoothing: 0 | 1;
    numberOfIterations: number;
    passBand: number;
    featureEdgeSmoothing: 0 | 1;
    boundarySmoothing: 0 | 1;
  }>;
  export default filter;
}
declare module "@kitware/vtk.js/Filters/Core/PolyDataNormals" {
  const filter: VtkFilter<{ splitting: boolean }>;
  export default filter;
}

interface VtkFilter<Options> {
  newInstance(options?: Partial<Options>): {
    setInputData(data: object): void;
    setInputConnection(port: unknown): void;
    getOutputPort(): unknown;
    getOutputData(): import("@kitware/vtk.js/Common/DataModel/PolyData").default;
    update(): void;
  };
}
