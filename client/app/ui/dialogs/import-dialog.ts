/** A file that may be an image, or segments of the open one: only its user knows. */
import { css, html } from "lit";
import { isNamedAsSegments } from "../../edit/segment-files.ts";
import { t } from "../../i18n/index.ts";
import { icon } from "../base/icons.ts";
import { DialogElement } from "./dialog.ts";

export class ImportDialog extends DialogElement {
  protected readonly name = "import";

  static override styles = [
    ...DialogElement.styles,
    css`
      footer {
        justify-content: flex-end;
      }
      button {
        min-height: 36px;
        padding: 0 14px;
      }
      button:not(.primary, .icon) {
        border-color: var(--line);
      }
    `,
  ];

  override render() {
    const { offered, image } = this.state;
    const segments = offered !== undefined && isNamedAsSegments(offered);
    return this.frame(
      t.importing.title,
      "",
      html`<div class="body">${t.importing.question(offered?.name ?? "", image?.name ?? "")}</div>
      <footer>
        <button class=${segments ? "" : "primary"} ?autofocus=${!segments} @click=${this.#asImage}>${t.importing.asImage}</button>
        <button class=${segments ? "primary" : ""} ?autofocus=${segments} @click=${this.#asSegments}>${icon("plus", 16)}${t.importing.asSegments}</button>
      </footer>`,
    );
  }

  protected override closed(): void {
    this.app.store.set({ offered: undefined });
  }

  #asImage = () => {
    const { offered } = this.state;
    this.close();
    if (offered) void this.app.images.openFiles([offered]);
  };

  #asSegments = () => {
    const { offered } = this.state;
    this.close();
    if (offered) void this.app.imports.importFile(offered);
  };
}

customElements.define("import-dialog", ImportDialog);
