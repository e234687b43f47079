/** All shortcuts: each can be done from here, and changed. */
import { css, html } from "lit";
import { t } from "../../i18n/index.ts";
import { type Command, chordOf, chordText, SHORTCUTS, type Shortcut, type ShortcutGroup } from "../../input/keymap.ts";
import { DialogElement } from "./dialog.ts";

const GROUPS: readonly ShortcutGroup[] = ["prompts", "correct", "segments", "measure", "slices", "view"];

export class HelpDialog extends DialogElement {
  static override properties = { ...DialogElement.properties, recording: { state: true } };
  protected readonly name = "help";
  /** The command whose next key press becomes its shortcut. */
  declare recording: Command | undefined;

  static override styles = [
    ...DialogElement.styles,
    css`
      :host {
        --width: 920px;
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
      .row button.run {
        margin-left: -4px;
        text-align: left;
        white-space: normal;
      }
      .pointer span:last-child {
        color: var(--muted);
        text-align: right;
      }
      footer {
        justify-content: space-between;
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

  override connectedCallback(): void {
    super.connectedCallback();
    this.addEventListener("keydown", this.#record);
  }

  protected override closed(): void {
    this.recording = undefined;
  }

  override render() {
    const { shortcuts, server } = this.app;
    return this.frame(
      t.helpTitle,
      t.helpIntro,
      html`<div class="groups">
        ${GROUPS.map((group) => this.#group(group))}
        <section class="pointer"><h3>${t.helpMouse}</h3>
          ${t.pointerHelp.map(([gesture, effect]) => html`<div class="row"><span>${gesture}</span><span>${effect}</span></div>`)}
        </section>
      </div>
      <p class="privacy">${t.privacyDetail(server?.host)} ${t.notice}.</p>
      <footer>
        <label><input type="checkbox" .checked=${shortcuts.singleKeys} @change=${this.#toggleSingle} />${t.helpSingleKeys}</label>
        <button @click=${this.#restore}>${t.helpReset}</button>
      </footer>`,
    );
  }

  #group(group: ShortcutGroup) {
    const rows = SHORTCUTS.filter((shortcut) => shortcut.group === group);
    return html`<section><h3>${t.shortcutGroups[group]}</h3>${rows.map((shortcut) => this.#row(shortcut))}</section>`;
  }

  #row({ command, chords }: Shortcut) {
    const text = t.shortcuts[command];
    const own = this.app.shortcuts.overrides[command];
    const shown = own === undefined ? chords : [own];
    return html`<div class="row">
      <button class="run" aria-label=${t.helpRun(text)} @click=${() => this.#run(command)}>${text}</button>
      <button aria-label=${`${text}: ${shown.map(chordText).join(", ")}`} @click=${() => {
        this.recording = command;
      }}>${this.recording === command ? html`<kbd>${t.helpPress}</kbd>` : shown.map((chord) => html`<kbd>${chordText(chord)}</kbd>`)}</button>
    </div>`;
  }

  /** The dialog goes first: what is done must be seen. */
  #run(command: Command) {
    this.close();
    if (command === "view.help") return;
    this.app.scope.dispatchEvent(new CustomEvent("focus-image"));
    this.app.commands.run(command);
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
}

customElements.define("help-dialog", HelpDialog);
