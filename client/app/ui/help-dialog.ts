/** All shortcuts, each of them changeable. */
import { css, html } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { t } from "../i18n.ts";
import { type Command, chordOf, chordText, SHORTCUTS, type Shortcut, type ShortcutGroup } from "../input/keymap.ts";
import type { State } from "../state/state.ts";
import { ViewerElement } from "./element.ts";
import { icon } from "./icons.ts";
import { controls } from "./styles.ts";

const GROUPS: readonly ShortcutGroup[] = ["prompts", "labels", "slices", "view"];

export class HelpDialog extends ViewerElement {
  static override properties = { ...ViewerElement.properties, recording: { state: true } };
  /** The command whose next key press becomes its shortcut. */
  declare recording: Command | undefined;
  #dialog = createRef<HTMLDialogElement>();

  static override styles = [
    controls,
    css`
      dialog {
        width: min(900px, calc(100vw - 24px));
        max-height: calc(100dvh - 40px);
        padding: 0;
        border: 0;
        border-radius: 14px;
        background: var(--surface);
        color: var(--text);
        box-shadow: var(--shadow);
      }
      dialog::backdrop {
        background: rgb(4 7 10 / 70%);
      }
      header,
      footer {
        display: flex;
        align-items: center;
        gap: 12px;
        padding: 14px 20px;
      }
      header {
        position: sticky;
        top: 0;
        background: var(--surface);
        border-bottom: 1px solid var(--line);
      }
      h2 {
        margin: 0;
        font-size: 17px;
      }
      header p {
        flex: 1;
        margin: 0;
        color: var(--muted);
      }
      .groups {
        columns: 260px;
        column-gap: 28px;
        padding: 16px 20px 4px;
      }
      section {
        break-inside: avoid;
        margin-bottom: 18px;
      }
      h3 {
        margin: 0 0 6px;
        font-size: 11px;
        letter-spacing: 0.08em;
        text-transform: uppercase;
        color: var(--accent);
      }
      .row {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: 10px;
        min-height: 28px;
      }
      .row button {
        padding: 0 4px;
        min-height: 26px;
        gap: 4px;
      }
      .pointer span:last-child {
        color: var(--muted);
        text-align: right;
      }
      footer {
        border-top: 1px solid var(--line);
        justify-content: space-between;
        flex-wrap: wrap;
      }
      footer label {
        display: flex;
        gap: 8px;
        align-items: center;
        min-height: 24px;
      }
      footer input {
        accent-color: var(--accent);
      }
      .privacy {
        color: var(--muted);
        padding: 0 20px 12px;
        margin: 0;
      }
    `,
  ];

  protected watch = ({ helpOpen }: State) => [helpOpen];

  override updated(): void {
    const dialog = this.#dialog.value;
    if (!dialog || dialog.open === this.state.helpOpen) return;
    if (this.state.helpOpen) dialog.showModal();
    else dialog.close();
  }

  override render() {
    const { shortcuts, server } = this.app;
    return html`<dialog ${ref(this.#dialog)} aria-labelledby="title" @close=${this.#closed} @keydown=${this.#record} @click=${this.#backdrop}>
      <header>
        <h2 id="title">${t.helpTitle}</h2><p>${t.helpIntro}</p>
        <button class="icon" aria-label=${t.close} @click=${() => this.#dialog.value?.close()}>${icon("close")}</button>
      </header>
      <div class="groups">
        ${GROUPS.map((group) => this.#group(group))}
        <section class="pointer"><h3>${t.helpMouse}</h3>
          ${t.pointerHelp.map(([gesture, effect]) => html`<div class="row"><span>${gesture}</span><span>${effect}</span></div>`)}
        </section>
      </div>
      <p class="privacy">${t.privacyDetail(server.host)} ${t.notice}.</p>
      <footer>
        <label><input type="checkbox" .checked=${shortcuts.singleKeys} @change=${this.#toggleSingle} />${t.helpSingleKeys}</label>
        <button @click=${this.#restore}>${t.helpReset}</button>
      </footer>
    </dialog>`;
  }

  #group(group: ShortcutGroup) {
    const rows = SHORTCUTS.filter((shortcut) => shortcut.group === group);
    return html`<section><h3>${t.shortcutGroups[group]}</h3>${rows.map((shortcut) => this.#row(shortcut))}</section>`;
  }

  #row({ command, chords }: Shortcut) {
    const text = t.shortcuts[command];
    const own = this.app.shortcuts.overrides[command];
    const shown = own === undefined ? chords : [own];
    return html`<div class="row"><span>${text}</span>
      <button aria-label=${`${text}: ${shown.map(chordText).join(", ")}`} @click=${() => {
        this.recording = command;
      }}>${this.recording === command ? html`<kbd>${t.helpPress}</kbd>` : shown.map((chord) => html`<kbd>${chordText(chord)}</kbd>`)}</button>
    </div>`;
  }

  #record = (event: KeyboardEvent) => {
    if (!this.recording || ["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key !== "Escape") this.app.shortcuts.assign(this.recording, chordOf(event));
    this.recording = undefined;
  };

  #toggleSingle = (event: Event) => {
    if (event.target instanceof HTMLInputElement) this.app.shortcuts.setSingleKeys(event.target.checked);
  };

  #restore = () => {
    this.app.shortcuts.restore();
    this.requestUpdate();
  };

  #backdrop = (event: Event) => {
    if (event.target === this.#dialog.value) this.#dialog.value?.close();
  };

  #closed = () => {
    this.recording = undefined;
    this.app.store.set({ helpOpen: false });
  };
}

customElements.define("help-dialog", HelpDialog);
