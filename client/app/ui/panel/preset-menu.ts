/** Segments to begin with: a list of the product's, or a JSON file of one's own. */
import { css, html } from "lit";
import { isSegmenterError, toError } from "../../../../core/errors.ts";
import { PRESETS } from "../../../../core/text/presets.ts";
import { readPreset } from "../../annotate/preset-file.ts";
import { t } from "../../i18n/index.ts";
import { isWritable, type State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { controls } from "../base/styles.ts";

/** The choice that opens a file. */
const OWN = "own";

export class PresetMenu extends ViewerElement {
  static override styles = [
    controls,
    css`
      select {
        width: 100%;
        min-height: 30px;
        padding: 0 6px;
        margin: 0 0 10px;
      }
    `,
  ];

  protected watch = (state: State) => [state.keeping, state.image === undefined];

  override render() {
    const mayAdd = this.state.image !== undefined && isWritable(this.state);
    return html`<select aria-label=${t.presets.label} ?disabled=${!mayAdd} @change=${this.#choose}>
        <option value="">${t.presets.choose}</option>
        ${Object.keys(PRESETS).map((id) => html`<option value=${id}>${nameOf(id)}</option>`)}
        <option value=${OWN}>${t.presets.own}</option>
      </select>
      <input hidden type="file" accept=".json,application/json" aria-label=${t.presets.file} @change=${this.#read} />`;
  }

  #choose = ({ target }: Event) => {
    if (!(target instanceof HTMLSelectElement)) return;
    const { value } = target;
    target.value = "";
    if (value === OWN) return this.renderRoot.querySelector("input")?.click();
    if (isPreset(value)) this.app.prompts.addPreset(nameOf(value), PRESETS[value]);
  };

  #read = async ({ target }: Event) => {
    if (!(target instanceof HTMLInputElement)) return;
    const [file] = target.files ?? [];
    target.value = "";
    if (!file) return;
    try {
      this.app.prompts.addPreset(file.name, readPreset(await file.text()));
    } catch (thrown) {
      const reason = isSegmenterError(thrown, "MalformedFile") ? `${thrown.detail.field}: ${thrown.detail.reason}` : "";
      const text = [t.presets.failed(file.name), reason].join(" ").trim();
      this.app.notifier.failed(text, toError(thrown), { cause: "preset" });
    }
  };
}

const isPreset = (id: string): id is keyof typeof PRESETS => Object.hasOwn(PRESETS, id);
const nameOf = (id: string): string => (isPreset(id) ? t.presets.names[id] : id);

customElements.define("preset-menu", PresetMenu);
