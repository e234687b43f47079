/** Commands of OHIF: for its buttons, its keys, and other extensions. */
import type { HostPoint } from "../viewer/index.ts";
import { focusText } from "./panel.ts";
import type { Session } from "./session/session.ts";
import type { OhifCommands } from "./session/types.ts";
import { TOOLS } from "./toolbar.ts";

export interface PointOptions {
  readonly at: HostPoint;
  readonly label?: "foreground" | "background";
}

export interface BoxOptions {
  readonly from: HostPoint;
  readonly to: HostPoint;
}

/** `promptomy.…`; those that prompt give the mask. */
export function commandsOf(session: () => Session, commands: OhifCommands) {
  const setTool = ({ tool }: { tool: keyof typeof TOOLS }) =>
    commands.run("setToolActiveToolbar", { toolName: TOOLS[tool] });
  return {
    "promptomy.setTool": setTool,
    "promptomy.addPoint": ({ at, label = "foreground" }: PointOptions) =>
      session().prompt({ kind: "point", at, label }),
    "promptomy.addBox": ({ from, to }: BoxOptions) => session().prompt({ kind: "box", from, to }),
    "promptomy.text": ({ text }: { text: string }) => session().text(text),
    "promptomy.focusText": () => focusText(),
    "promptomy.propagate": ({ reach }: { reach?: number } = {}) => session().propagate(reach),
    "promptomy.cancel": () => session().cancel(),
    "promptomy.undo": () => session().undo(),
    "promptomy.redo": () => session().redo(),
  };
}
