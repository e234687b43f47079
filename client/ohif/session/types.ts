/** What is used of OHIF 3.11 and newer: by structure, so that no package of OHIF is needed to build. No code here. */

import type { CornerstoneToolsModule, CornerstoneViewport } from "../../adapters/cornerstone.ts";
import type { CornerstoneToolsOptions } from "../../adapters/cornerstone-tools.ts";
import type { CornerstoneCore, Point3 } from "../../adapters/cornerstone-voxels.ts";

/** What a site says about this extension: `[extension, options]`, or `window.config.promptomy`. */
export interface PromptomyOptions {
  /** Address of the Promptomy server. */
  readonly server?: string;
  /** A model of that server; its default when left out. */
  readonly model?: string;
  /** Where `worker.js` of this package lies; beside the script when left out. */
  readonly workerUrl?: string;
  /** Sends the user's `Authorization` header of OHIF to the server, too. Default false: that token is the archive's. */
  readonly sendAuthorization?: boolean;
}

/** OHIF puts both modules on `window`; there is no other way to the copies that it runs. */
export interface Cornerstone {
  readonly core: CornerstoneCore &
    CornerstoneToolsOptions["core"] & {
      readonly utilities: { readonly HistoryMemo: { readonly DefaultHistoryMemo: { undo(): void; redo(): void } } };
    };
  readonly tools: CornerstoneToolsModule & CornerstoneToolsOptions["tools"] & { addTool(tool: object): void };
}

export interface OhifViewport extends CornerstoneViewport {
  getCamera(): { readonly viewPlaneNormal?: Point3 | undefined; readonly focalPoint?: Point3 | undefined };
}

export interface Subscription {
  unsubscribe(): void;
}

interface Subscribable {
  readonly EVENTS: Readonly<Record<string, string>>;
  subscribe(event: string, listener: (detail: Record<string, unknown>) => void): Subscription;
}

export interface OhifSegment {
  readonly segmentIndex: number;
  readonly label: string;
  readonly active?: boolean;
  readonly locked?: boolean;
}

export interface OhifSegmentation {
  readonly segmentationId: string;
  readonly segments: Readonly<Record<string, OhifSegment | undefined>>;
  readonly representationData: { readonly Labelmap?: object | undefined };
}

export interface OhifServices {
  readonly viewportGridService: Subscribable & { getActiveViewportId(): string };
  readonly cornerstoneViewportService: { getCornerstoneViewport(viewportId: string): OhifViewport | null | undefined };
  readonly segmentationService: Subscribable & {
    getSegmentation(segmentationId: string): OhifSegmentation | undefined;
    getActiveSegmentation(viewportId: string): OhifSegmentation | undefined;
    getSegmentationRepresentations(
      viewportId: string,
    ): readonly { readonly segmentationId: string; readonly type: string }[];
    setActiveSegmentation(viewportId: string, segmentationId: string): void;
    getSegmentColor(viewportId: string, segmentationId: string, segment: number): ArrayLike<number>;
    addSegment(segmentationId: string, config?: object): void;
    setActiveSegment(segmentationId: string, segment: number): void;
    setSegmentLabel(segmentationId: string, segment: number, label: string): void;
  };
  readonly toolGroupService: Subscribable & {
    getToolGroupIds(): readonly string[];
    getToolGroup(toolGroupId: string): { hasTool(name: string): boolean; addTool(name: string): void } | undefined;
  };
  readonly toolbarService: {
    register(buttons: readonly object[]): void;
    updateSection(section: string, buttons: readonly string[]): void;
  };
  readonly panelService: {
    getPanels(position: string): readonly { readonly id: string }[];
    addPanel(position: string, panelId: string): void;
  };
  readonly uiNotificationService: {
    show(notice: { title: string; message: string; type: "error" | "info" | "success" | "warning" }): void;
  };
  readonly userAuthenticationService: { getAuthorizationHeader(): { readonly Authorization?: string } | undefined };
}

export interface OhifCommands {
  run(command: string, options?: object): unknown;
}

export interface OhifParameters {
  readonly servicesManager: { readonly services: OhifServices };
  readonly commandsManager: OhifCommands;
  readonly extensionManager: { getModuleEntry(id: string): { readonly component?: unknown } | undefined };
  readonly appConfig?: { readonly promptomy?: PromptomyOptions };
  readonly configuration?: PromptomyOptions;
}
