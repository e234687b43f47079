/** Surfaces of segments in LPS millimetres, by vtk.js: loaded when the 3D view is first shown. */
import "@kitware/vtk.js/Rendering/Profiles/Geometry";
import vtkDataArray from "@kitware/vtk.js/Common/Core/DataArray";
import vtkPolyData from "@kitware/vtk.js/Common/DataModel/PolyData";
import vtkActor from "@kitware/vtk.js/Rendering/Core/Actor";
import vtkCellPicker from "@kitware/vtk.js/Rendering/Core/CellPicker";
import vtkMapper from "@kitware/vtk.js/Rendering/Core/Mapper";
import vtkGenericRenderWindow from "@kitware/vtk.js/Rendering/Misc/GenericRenderWindow";
import type { Vec3 } from "../../../core/image/volume.ts";
import type { Mesh } from "./mesh.ts";

export interface Shape {
  readonly id: string;
  /** `#rrggbb`. */
  readonly colour: string;
  /** The same value for the same surface: it is not made again. */
  readonly surface: Mesh;
}

export type Side = "anterior" | "posterior" | "left" | "right" | "superior" | "inferior";

export interface Scene {
  /** Shows these surfaces and no others; the view fits them until somebody has turned it. */
  show(shapes: readonly Shape[]): void;
  /** The outline of the slice in focus, as corners in LPS mm. */
  outline(corners: readonly Vec3[], colour: string): void;
  /** As a browser computes it, `rgb(13, 16, 20)`. */
  background(colour: string): void;
  lookFrom(side: Side): void;
  turn(azimuth: number, elevation: number): void;
  zoom(factor: number): void;
  /** The place on a surface under a position of the element, in LPS mm. */
  pick(x: number, y: number): Vec3 | undefined;
  stop(): void;
}

/** Where the camera stands (LPS: +x left, +y posterior, +z superior) and what is up. */
const SIDES: Readonly<Record<Side, { from: Vec3; up: Vec3 }>> = {
  anterior: { from: [0, -1, 0], up: [0, 0, 1] },
  posterior: { from: [0, 1, 0], up: [0, 0, 1] },
  left: { from: [1, 0, 0], up: [0, 0, 1] },
  right: { from: [-1, 0, 0], up: [0, 0, 1] },
  superior: { from: [0, 0, 1], up: [0, 1, 0] },
  inferior: { from: [0, 0, -1], up: [0, -1, 0] },
};

export const rgb = (hex: string): [number, number, number] =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255) as [number, number, number]; // three given

/** Draws into an element, which gets a canvas. */
export function createScene(element: HTMLElement): Scene {
  const view = vtkGenericRenderWindow.newInstance({ background: [0, 0, 0], listenWindowResize: false });
  view.setContainer(element);
  const renderer = view.getRenderer();
  const window = view.getRenderWindow();
  const actors = createActors(renderer);
  const line = actorOf(undefined, "#ffffff");
  line.actor.getProperty().setLighting(false);
  line.actor.getProperty().setLineWidth(2);
  line.actor.setPickable(false);
  line.actor.getProperty().setOpacity(0.6);
  /** Until somebody turns it, the view fits what it shows. */
  let turned = false;
  const turn = () => {
    turned = true;
  };
  element.addEventListener("pointerdown", turn);
  element.addEventListener("wheel", turn, { passive: true });
  const observer = new ResizeObserver(() => view.resize());
  observer.observe(element);
  view.resize();

  const render = () => {
    renderer.resetCameraClippingRange();
    window.render();
  };
  const lookFrom = (side: Side) => {
    const camera = renderer.getActiveCamera();
    const { from, up } = SIDES[side];
    const centre = camera.getFocalPoint();
    camera.setPosition(centre[0] + from[0], centre[1] + from[1], centre[2] + from[2]);
    camera.setViewUp([...up]);
    line.actor.setVisibility(false);
    renderer.resetCamera();
    line.actor.setVisibility(true);
    camera.zoom(1.25);
    render();
  };

  return {
    show(shapes) {
      actors.show(shapes);
      if (!turned && shapes.length > 0) lookFrom("anterior");
      else render();
    },
    outline(corners, colour) {
      line.mapper.setInputData(lineOf(corners));
      renderer.addActor(line.actor);
      line.actor.getProperty().setColor(...rgb(colour));
      render();
    },
    background(colour) {
      const [red = 0, green = 0, blue = 0] = colour.match(/[\d.]+/g)?.map((text) => Number(text) / 255) ?? [];
      renderer.setBackground(red, green, blue);
      render();
    },
    lookFrom(side) {
      turned = true;
      lookFrom(side);
    },
    turn(azimuth, elevation) {
      turned = true;
      const camera = renderer.getActiveCamera();
      camera.azimuth(azimuth);
      camera.elevation(elevation);
      camera.orthogonalizeViewUp();
      render();
    },
    zoom(factor) {
      renderer.getActiveCamera().dolly(factor);
      render();
    },
    pick: createPick(element, renderer),
    stop() {
      observer.disconnect();
      view.delete();
    },
  };
}

/** The place on a surface under a position of the element. */
function createPick(element: HTMLElement, renderer: Renderer): Scene["pick"] {
  const picker = vtkCellPicker.newInstance();
  picker.setTolerance(0);
  return (x, y) => {
    const canvas = element.querySelector("canvas");
    if (!canvas) return undefined;
    const { width, height } = element.getBoundingClientRect();
    picker.pick([(x / width) * canvas.width, (1 - y / height) * canvas.height, 0], renderer);
    if (picker.getActors().length === 0) return undefined;
    const [px, py, pz] = picker.getPickPosition();
    return [px, py, pz];
  };
}

type Renderer = ReturnType<vtkGenericRenderWindow["getRenderer"]>;

/** One actor a shape, made again only when its surface is another. */
function createActors(renderer: Renderer) {
  const actors = new Map<string, { actor: vtkActor; surface: Mesh }>();
  return {
    show(shapes: Parameters<Scene["show"]>[0]) {
      const wanted = new Set(shapes.map(({ id }) => id));
      for (const [id, { actor }] of actors) {
        if (wanted.has(id)) continue;
        renderer.removeActor(actor);
        actors.delete(id);
      }
      for (const { id, colour, surface } of shapes) {
        const before = actors.get(id);
        if (before?.surface === surface) before.actor.getProperty().setColor(...rgb(colour));
        else {
          if (before) renderer.removeActor(before.actor);
          const { actor } = actorOf(surface, colour);
          renderer.addActor(actor);
          actors.set(id, { actor, surface });
        }
      }
    },
  };
}

function actorOf(surface: Mesh | undefined, colour: string): { actor: vtkActor; mapper: vtkMapper } {
  const mapper = vtkMapper.newInstance({ scalarVisibility: false });
  if (surface) mapper.setInputData(polyDataOf(surface));
  const actor = vtkActor.newInstance();
  actor.setMapper(mapper);
  const property = actor.getProperty();
  property.setColor(...rgb(colour));
  property.setInterpolationToPhong();
  property.setAmbient(0.18);
  property.setDiffuse(0.82);
  property.setSpecular(0.28);
  property.setSpecularPower(24);
  return { actor, mapper };
}

function polyDataOf({ points, normals, polys }: Mesh): vtkPolyData {
  const data = vtkPolyData.newInstance();
  data.getPoints().setData(points);
  data.getPolys().setData(polys);
  if (normals.length > 0)
    data
      .getPointData()
      .setNormals(vtkDataArray.newInstance({ name: "Normals", values: normals, numberOfComponents: 3 }));
  return data;
}

/** A closed line. */
function lineOf(corners: readonly Vec3[]): vtkPolyData {
  const line = vtkPolyData.newInstance();
  line.getPoints().setData(Float32Array.from(corners.flat()));
  const ring = [...corners.keys(), 0];
  line.getLines().setData(Uint32Array.from([ring.length, ...ring]));
  return line;
}
