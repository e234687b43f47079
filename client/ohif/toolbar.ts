/** Buttons of the toolbar and keys. */
import { TOOL_PREFIX } from "./ids.ts";
import type { OhifServices } from "./session/types.ts";

export const TOOLS = {
  include: `${TOOL_PREFIX}MarkerInclude`,
  exclude: `${TOOL_PREFIX}MarkerExclude`,
  box: `${TOOL_PREFIX}BoxPrompt`,
} as const;

const GROUP = "PromptomyTools";
const UNDO = "PromptomyUndo";

const toolButton = (id: string, icon: string, label: string, tooltip: string) => ({
  id,
  uiType: "ohif.toolButton",
  props: {
    ...{ type: "tool", icon, label, tooltip },
    commands: [{ commandName: "setToolActiveToolbar", commandOptions: { toolName: id } }],
    evaluate: "evaluate.cornerstoneTool",
  },
});

const BUTTONS = [
  { id: GROUP, uiType: "ohif.Toolbar", props: { buttonSection: true } },
  toolButton(TOOLS.include, "Plus", "Include", "Include: click what belongs to the segment (P)"),
  toolButton(TOOLS.exclude, "Minus", "Exclude", "Exclude: click what does not belong to it (X)"),
  toolButton(TOOLS.box, "tool-rectangle", "Box", "Box: drag around the object (B)"),
  {
    id: UNDO,
    uiType: "ohif.toolButton",
    props: {
      ...{
        type: "action",
        icon: "Undo",
        label: "Undo",
        tooltip: "Undo the last change of a segmentation (Ctrl+Z)",
      },
      commands: "promptomy.undo",
      evaluate: "evaluate.action",
    },
  },
];

/** Adds the group to the main toolbar of the mode that is entered. */
export function addButtons({ toolbarService }: Pick<OhifServices, "toolbarService">): void {
  toolbarService.register(structuredClone(BUTTONS)); // OHIF writes its state into them
  toolbarService.updateSection(GROUP, [TOOLS.include, TOOLS.exclude, TOOLS.box, UNDO]);
  toolbarService.updateSection("primary", [GROUP]);
}

const key = (keys: string, label: string, commandName: string, commandOptions = {}) => ({
  ...{ commandName, commandOptions, label, keys: [keys], isEditable: true },
});

/** Free in OHIF's own table; listed in its preferences, where users change them. */
export const HOTKEYS = [
  key("p", "Promptomy: include", "promptomy.setTool", { tool: "include" }),
  key("x", "Promptomy: exclude", "promptomy.setTool", { tool: "exclude" }),
  key("b", "Promptomy: box", "promptomy.setTool", { tool: "box" }),
  key("t", "Promptomy: name of an organ", "promptomy.focusText"),
  key("shift+g", "Promptomy: propagate", "promptomy.propagate"),
];
