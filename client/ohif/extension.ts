/**
 * The extension for OHIF: prompts become masks of OHIF's own labelmap, which OHIF shows, edits and saves as DICOM SEG.
 *
 * @example
 * window.config = { promptomy: { server: "https://segment.example.org" }, extensions: ["/promptomy/index.js"], … };
 */
import { cornerstoneTools } from "../adapters/cornerstone-tools.ts";
import { commandsOf } from "./commands.ts";
import { EXTENSION_ID, PANEL, PROMPTS_PANEL, panelId, TOOL_PREFIX } from "./ids.ts";
import { definePanel, PANEL_TAG, type WatchSession } from "./panel.ts";
import { drawing } from "./react.ts";
import { createSession, type Session } from "./session/session.ts";
import type { Cornerstone, OhifParameters, OhifServices, Subscription } from "./session/types.ts";
import { addButtons, HOTKEYS, TOOLS } from "./toolbar.ts";

declare const window: { readonly cornerstone?: Cornerstone["core"]; readonly cornerstoneTools?: Cornerstone["tools"] };

/** A page has one OHIF. */
let session: Session | undefined;
const watching = new Set<(session: Session | undefined) => void>();
let subscriptions: Subscription[] = [];

function change(to: Session | undefined): void {
  session = to;
  for (const notify of watching) notify(to);
}

const watch: WatchSession = (listener) => {
  watching.add(listener);
  listener(session);
  return () => void watching.delete(listener);
};

function current(): Session {
  if (!session) throw new RangeError("Expected OHIF with its Cornerstone extension and an open study.");
  return session;
}

function preRegistration({ servicesManager, commandsManager, appConfig, configuration }: OhifParameters): void {
  const options = { ...appConfig?.promptomy, ...configuration };
  const host = { services: servicesManager.services, commands: commandsManager };
  definePanel(watch);
  begin = () => {
    const { cornerstone: core, cornerstoneTools: tools } = window;
    if (core && tools) change(createSession(host, { core, tools }, options));
  };
}

let begin = () => {};
let hasTools = false;

function onModeEnter({ servicesManager: { services } }: OhifParameters): void {
  begin();
  if (!session) return;
  registerTools();
  const { toolGroupService, segmentationService } = services;
  subscriptions = [
    subscribe(toolGroupService, "TOOLGROUP_CREATED", () => addTools(services)),
    ...["SEGMENTATION_REMOVED", "SEGMENTATION_MODIFIED"].map((name) =>
      subscribe(segmentationService, name, ({ segmentationId }) => session?.changed(String(segmentationId))),
    ),
  ];
  // The mode fills its toolbar and its tool groups in the same turn, after its extensions.
  queueMicrotask(() => {
    addTools(services);
    addButtons(services);
    const ours = [PANEL, PROMPTS_PANEL].map(panelId);
    const isShown = services.panelService.getPanels("right").some(({ id }) => ours.includes(id));
    if (!isShown) services.panelService.addPanel("right", panelId(PANEL));
  });
}

function onModeExit(): void {
  for (const subscription of subscriptions.splice(0)) subscription.unsubscribe();
  session?.close();
  change(undefined);
}

function subscribe(
  service: OhifServices["toolGroupService"] | OhifServices["segmentationService"],
  name: string,
  listener: (detail: Record<string, unknown>) => void,
): Subscription {
  const event = service.EVENTS[name];
  return event === undefined ? { unsubscribe: () => {} } : service.subscribe(event, listener);
}

/** Cornerstone keeps classes for as long as the page lives. */
function registerTools(): void {
  const { cornerstone: core, cornerstoneTools: tools } = window;
  if (hasTools || !core || !tools) return;
  hasTools = true;
  const prompt = (viewportId: string) =>
    session && { prompt: (given: Parameters<Session["prompt"]>[0]) => current().prompt(given, viewportId) };
  const made = cornerstoneTools({ core, tools, prefix: TOOL_PREFIX, binding: prompt, onError: () => {} });
  for (const tool of made) tools.addTool(tool);
}

function addTools({ toolGroupService }: OhifServices): void {
  for (const id of toolGroupService.getToolGroupIds().filter((id) => id !== "volume3d")) {
    const group = toolGroupService.getToolGroup(id);
    for (const name of Object.values(TOOLS)) if (group && !group.hasTool(name)) group.addTool(name);
  }
}

const getPanelModule = (given: OhifParameters) => {
  const look = { iconName: "icon-marker-labelmap", iconLabel: "Promptomy", label: "Promptomy" };
  return [
    { name: PANEL, ...look, component: drawing(given, PANEL_TAG) },
    { name: PROMPTS_PANEL, ...look, component: drawing(given, PANEL_TAG, { segments: "no" }) },
  ];
};

const getCommandsModule = ({ commandsManager }: OhifParameters) => ({
  definitions: commandsOf(current, commandsManager),
  defaultContext: "CORNERSTONE",
});

const getCustomizationModule = () => [{ name: "global", value: { "ohif.hotkeyBindings": { $push: HOTKEYS } } }];

const extension = {
  id: EXTENSION_ID,
  ...{ preRegistration, onModeEnter, onModeExit },
  ...{ getPanelModule, getCommandsModule, getCustomizationModule },
};

export default extension;
