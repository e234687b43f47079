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
    ): { readonly viewport: Pick<CornerstoneViewport, "getCamera"> } | undefined;
  };
  /** `@cornerstonejs/tools`. */
  readonly tools: { readonly BaseTool: abstract new (toolProps: ToolProps, defaults: ToolProps) => object };
  /** Asked with each gesture; nothing is done while there is none. */
  readonly binding: () => Pick<Binding, "prompt"> | undefined;
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

function promptTool(toolName: string, options: CornerstoneToolsOptions): CornerstonePromptTool {
  const { core, tools, binding, onError = reportError } = options;
  const placeOf = ({ detail: { element, currentPoints } }: ToolEvent): HostPoint => {
    const viewport = core.getEnabledElement(element)?.viewport;
    return viewport ? cornerstonePoint(viewport, currentPoints.world) : { space: "lps", point: currentPoints.world };
  };
  return class extends tools.BaseTool {
    static readonly toolName = toolName;
    /** From the press on; Cornerstone tells of a release or a click whichever button made it. */
    #points: HostPoint[] = [];

    constructor(toolProps: ToolProps = {}) {
      super(toolProps, { supportedInteractionTypes: ["Mouse", "Touch"] });
    }

    preMouseDownCallback(event: ToolEvent): boolean {
      this.#points = [placeOf(event)];
      return true;
    }
    mouseDragCallback(event: ToolEvent): void {
      if (this.#points.length > 0) this.#points.push(placeOf(event));
    }
    mouseUpCallback(): void {
      this.#finish();
    }
    mouseClickCallback(): void {
      this.#finish();
    }

    #finish(): void {
      const [first, ...rest] = this.#points;
      this.#points = [];
      const prompt = first && PROMPTS[toolName]?.([first, ...rest]);
      if (prompt) binding()?.prompt(prompt).catch(onError);
    }
  };
}
