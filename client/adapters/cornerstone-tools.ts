/**
 * Prompts as tools of Cornerstone3D, by the names of its own: they are bound to mouse buttons in a tool group like any other.
 *
 * @example
 * for (const tool of cornerstoneTools({ core, tools, binding: () => binding })) tools.addTool(tool);
 * toolGroup.addTool("MarkerInclude");
 * toolGroup.setToolActive("MarkerInclude", { bindings: [{ mouseButton: tools.Enums.MouseBindings.Primary }] });
 */
import type { Binding, HostPoint, HostPrompt } from "../viewer/index.ts";
import { type CornerstoneViewport, cornerstonePoint } from "./cornerstone.ts";
import type { Point3 } from "./cornerstone-voxels.ts";

interface ToolProps {
  readonly supportedInteractionTypes?: ("Mouse" | "Touch")[];
}

export interface CornerstoneToolsOptions {
  /** `@cornerstonejs/core`. */
  readonly core: {
    getEnabledElement(
      element: HTMLDivElement,
    ): { readonly viewport: Pick<CornerstoneViewport, "getCamera">; readonly viewportId: string } | undefined;
  };
  /** `@cornerstonejs/tools`. */
  readonly tools: {
    readonly BaseTool: abstract new (toolProps: ToolProps, defaults: ToolProps) => object;
    readonly Enums: { readonly Events: { readonly MOUSE_UP: string; readonly MOUSE_CLICK: string } };
  };
  /** Asked with each gesture, by the viewport that it was made in; nothing is done while there is none. */
  readonly binding: (viewportId: string) => Pick<Binding, "prompt"> | undefined;
  /** Put before the names, in a page that has tools of these names already. */
  readonly prefix?: string;
  /** A gesture that gave no mask. `reportError` when left out. */
  readonly onError?: (thrown: unknown) => void;
}

interface ToolEvent {
  readonly detail: { readonly element: HTMLDivElement; readonly currentPoints: { readonly world: Point3 } };
}

/** A class for `addTool`; `toolName` names it in tool groups. */
export interface CornerstonePromptTool {
  new (toolProps?: ToolProps): object;
  readonly toolName: string;
}

/** What a gesture comes to: its points from the press to the release. */
const PROMPTS: Readonly<Record<string, (points: readonly [HostPoint, ...HostPoint[]]) => HostPrompt | undefined>> = {
  MarkerInclude: ([at]) => ({ kind: "point", at, label: "foreground" }),
  MarkerExclude: ([at]) => ({ kind: "point", at, label: "background" }),
  BoxPrompt: ([from, ...rest]) => {
    const to = rest.at(-1);
    return to && { kind: "box", from, to };
  },
  ScribblePrompt: (points) => ({ kind: "scribble", points, label: "foreground" }),
};

/** The tools MarkerInclude, MarkerExclude, BoxPrompt and ScribblePrompt. */
export function cornerstoneTools(options: CornerstoneToolsOptions): readonly CornerstonePromptTool[] {
  return Object.keys(PROMPTS).map((name) => promptTool(name, options));
}

/** From a press on. */
interface Gesture {
  readonly viewportId: string;
  readonly points: [HostPoint, ...HostPoint[]];
}

function promptTool(name: string, options: CornerstoneToolsOptions): CornerstonePromptTool {
  const { core, tools, binding, prefix = "", onError = reportError } = options;
  const placeOf = ({ detail: { element, currentPoints } }: ToolEvent): HostPoint => {
    const viewport = core.getEnabledElement(element)?.viewport;
    return viewport ? cornerstonePoint(viewport, currentPoints.world) : { space: "lps", point: currentPoints.world };
  };
  const finish = ({ viewportId, points }: Gesture) => {
    const prompt = PROMPTS[name]?.(points);
    if (prompt) binding(viewportId)?.prompt(prompt).catch(onError);
  };
  return class extends tools.BaseTool {
    static readonly toolName = prefix + name;
    #gesture: Gesture | undefined;
    #ends = new AbortController();

    constructor(toolProps: ToolProps = {}) {
      super(toolProps, { supportedInteractionTypes: ["Mouse", "Touch"] });
    }

    preMouseDownCallback(event: ToolEvent): boolean {
      const { element } = event.detail;
      const { viewportId = "" } = core.getEnabledElement(element) ?? {};
      const gesture: Gesture = { viewportId, points: [placeOf(event)] };
      this.#gesture = gesture;
      this.#ends.abort();
      this.#ends = new AbortController();
      // Cornerstone gives a release to the first active tool that knows what to do with one, whichever button it is of.
      const { MOUSE_UP, MOUSE_CLICK } = tools.Enums.Events;
      const release = () => {
        this.#ends.abort();
        this.#gesture = undefined;
        finish(gesture);
      };
      for (const type of [MOUSE_UP, MOUSE_CLICK])
        element.addEventListener(type, release, { signal: this.#ends.signal });
      return true;
    }
    mouseDragCallback(event: ToolEvent): void {
      this.#gesture?.points.push(placeOf(event));
    }
  };
}
