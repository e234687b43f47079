/** Tools as a vertical toolbar with one tab stop (WAI-ARIA toolbar pattern). */
import { css, html, nothing } from "lit";
import { t } from "../i18n/index.ts";
import { chordText, SHORTCUTS } from "../input/keymap.ts";
import type { Tool } from "../state/drawing.ts";
import type { State } from "../state/state.ts";
import { ViewerElement } from "./base/element.ts";
import { type IconName, icon } from "./base/icons.ts";
import { moveFocus } from "./base/roving.ts";
import { controls } from "./base/styles.ts";

const PROMPT_TOOLS: readonly Tool[] = ["point", "box", "scribble", "lasso"];
const HAND_TOOLS: readonly Tool[] = ["brush", "eraser"];
const MEASURING_TOOLS: readonly Tool[] = ["length", "angle", "probe"];
const VIEW_TOOLS: readonly Tool[] = ["pan", "window"];

export class ToolRail extends ViewerElement {
  static override styles = [
    controls,
    css`
      :host {
        display: flex;
        flex-direction: column;
        align-items: center;
        padding: 8px 0;
        background: var(--surface);
        border-right: 1px solid var(--line);
      }
      [role="toolbar"] {
        display: flex;
        flex-direction: column;
        align-items: center;
        gap: 3px;
        flex: 1;
        width: 100%;
        min-height: 0;
        overflow: hidden auto;
        scrollbar-width: none;
      }
      button.icon {
        position: relative;
        width: 40px;
        height: 40px;
        border-radius: var(--radius);
      }
      button[aria-pressed="true"] {
        background: var(--accent-soft);
        color: var(--accent);
        box-shadow: inset 0 0 0 1px var(--accent);
      }
      button[aria-pressed="true"]:hover:not(:disabled) {
        background: var(--accent-soft);
        color: var(--accent);
      }
      .key {
        position: absolute;
        right: 3px;
        bottom: 1px;
        font-size: 9px;
        color: var(--muted);
        opacity: 0.75;
      }
      hr {
        width: 26px;
        margin: 6px 0;
        border: 0;
        border-top: 1px solid var(--line);
      }
      .space {
        flex: 1;
      }
      @media (max-height: 800px) {
        :host {
          padding: 4px 0;
        }
        [role="toolbar"] {
          gap: 1px;
        }
        button.icon {
          width: 34px;
          height: 34px;
          min-height: 28px;
        }
        hr {
          margin: 3px 0;
        }
      }
      @media (max-height: 700px) {
        button.icon {
          width: 32px;
          height: 28px;
        }
        hr {
          margin: 2px 0;
        }
      }
      @media (max-height: 560px) {
        .key {
          display: none;
        }
      }
      @media (min-height: 561px) {
        @container (max-width: 760px) {
          :host {
            padding: 4px 6px;
            border-right: 0;
            border-top: 1px solid var(--line);
          }
          [role="toolbar"] {
            flex-direction: row;
            justify-content: space-around;
          }
          button.icon {
            width: 44px;
            height: 44px;
          }
          hr,
          .key,
          .space,
          .wide {
            display: none;
          }
        }
      }
    `,
  ];

  protected watch = ({ tool, tools, inverted, cursor, image, layout }: State) => [
    layout,
    tools,
    tool,
    inverted,
    cursor !== undefined,
    image?.info,
  ];

  override render() {
    const { view } = this.app;
    const narrow = matchMedia("(max-width: 760px)").matches;
    return html`<div role="toolbar" aria-label=${t.tools.group} aria-orientation=${narrow ? "horizontal" : "vertical"}
        @keydown=${moveFocus}>
      ${this.#tools(PROMPT_TOOLS)}
      ${this.#tools(HAND_TOOLS)}
      ${this.#tools(MEASURING_TOOLS)}
      ${VIEW_TOOLS.map((tool) => this.#tool(tool))}
      <hr />
      ${this.#action({ name: t.windowInvert, image: "invert", run: this.#invert, pressed: this.state.inverted })}
      ${this.#action({ name: t.shortcuts["view.cursor"], image: "cursor", command: "view.cursor", run: this.#cursor, pressed: this.state.cursor !== undefined })}
      ${this.#action({ name: t.volume.layout, image: "quad", command: "view.layout", run: view.toggleLayout, pressed: this.state.layout === "four" })}
      <span class="space"></span>
      ${this.#action({ name: t.view.zoomIn, image: "zoomIn", command: "view.zoomIn", run: () => view.zoom(1.25) })}
      ${this.#action({ name: t.view.zoomOut, image: "zoomOut", command: "view.zoomOut", run: () => view.zoom(0.8) })}
      ${this.#action({ name: t.view.reset, image: "fit", command: "view.reset", run: view.reset })}
    </div>`;
  }

  #invert = () => this.app.store.set({ inverted: !this.state.inverted });

  #cursor = () => this.app.commands.run("view.cursor");

  /** Those on offer, with a line after them. */
  #tools(group: readonly Tool[]) {
    const { tools } = this.state;
    const offered = group.filter((tool) => tools?.includes(tool) ?? true);
    return offered.length > 0 ? html`${offered.map((tool) => this.#tool(tool))}<hr />` : nothing;
  }

  #tool(tool: Tool) {
    const chord = SHORTCUTS.find(({ command }) => command === `tool.${tool}`)?.chords[0] ?? "";
    const active = this.state.tool === tool;
    return html`<button class="icon" aria-pressed=${active} aria-label=${t.toolNames[tool]} tabindex=${active ? 0 : -1}
      title=${`${t.tools[tool]} (${chordText(chord)})`} @click=${() => this.app.view.setTool(tool)}>
      ${icon(tool, 20)}${chord.length === 1 ? html`<span class="key" aria-hidden="true">${chord.toUpperCase()}</span>` : nothing}
    </button>`;
  }

  #action({
    name,
    image,
    command,
    run,
    pressed,
  }: {
    name: string;
    image: IconName;
    command?: string;
    run: () => unknown;
    pressed?: boolean;
  }) {
    const chord = SHORTCUTS.find((shortcut) => shortcut.command === command)?.chords[0];
    return html`<button class="icon wide" tabindex="-1" aria-label=${name} aria-pressed=${pressed ?? nothing}
      title=${chord ? `${name} (${chordText(chord)})` : name} @click=${run}>${icon(image, 20)}</button>`;
  }
}

customElements.define("tool-rail", ToolRail);
