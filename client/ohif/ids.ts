/** Names that extension, mode and configuration share. */

/** OHIF's run-time plug-ins want the id to be the package's name. */
export const EXTENSION_ID = "ohif-extension-promptomy";
export const MODE_ID = "ohif-mode-promptomy";

/** Alone in a tab: with a list of segments. */
export const PANEL = "panel";
/** Above OHIF's own list of segments. */
export const PROMPTS_PANEL = "prompts";

export const panelId = (name: string): string => `${EXTENSION_ID}.panelModule.${name}`;

/** OHIF has tools of these names already, for a model of its own. */
export const TOOL_PREFIX = "Promptomy";
