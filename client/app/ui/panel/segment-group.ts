/** The name of a group above its segments: one click lists, hides or locks all of them. */
import { css, html, nothing } from "lit";
import { number, t } from "../../i18n/index.ts";
import { segmentList } from "../../state/segments.ts";
import { isWritable, type State } from "../../state/state.ts";
import { ViewerElement } from "../base/element.ts";
import { type IconName, icon } from "../base/icons.ts";
import { controls } from "../base/styles.ts";

export class SegmentGroup extends ViewerElement {
  static override properties = { ...ViewerElement.properties, groupName: { attribute: false } };
  declare groupName: string;
  static override styles = [
    controls,
    css`
      div {
        display: flex;
        align-items: center;
        gap: 2px;
        padding: 0 6px 0 2px;
      }
      input {
        flex: 1;
        min-width: 0;
        height: 28px;
        padding: 0 6px;
        border: 1px solid transparent;
        border-radius: var(--radius-small);
        background: transparent;
        color: var(--muted);
        font-weight: 650;
        text-overflow: ellipsis;
      }
      input:hover {
        border-color: var(--edge);
      }
      input:focus {
        background: var(--ground);
        color: var(--text);
      }
      small {
        color: var(--muted);
        padding: 0 4px;
      }
      button.icon {
        width: 28px;
        height: 28px;
        min-width: 28px;
        min-height: 28px;
      }
      .closed svg {
        transform: rotate(-90deg);
      }
      @container (max-width: 760px) {
        button.icon {
          width: 40px;
          height: 40px;
        }
      }
    `,
  ];

  protected watch = ({ log, hidden, collapsed, keeping }: State) => [log, hidden, collapsed, keeping];

  override render() {
    const { groupName } = this;
    const members = segmentList(this.state).filter((segment) => segment.groupName === groupName);
    if (members.length === 0) return nothing;
    const { groups } = this.app;
    const closed = this.state.collapsed.has(groupName);
    const hidden = members.every((segment) => segment.hidden);
    const locked = members.every((segment) => segment.locked);
    return html`<div>
      <button class="icon ${closed ? "closed" : ""}" aria-expanded=${!closed} aria-label=${t.groups.list(groupName)} title=${t.groups.list(groupName)}
        @click=${() => groups.toggleCollapsed(groupName)}>${icon("chevron", 16)}</button>
      <input type="text" .value=${groupName} maxlength="64" spellcheck="false" aria-label=${t.groups.nameField(groupName)}
        ?disabled=${!isWritable(this.state)} @keydown=${this.#key} @change=${this.#rename} />
      <small title=${t.groups.count(members.length)}>${number(members.length)}</small>
      ${this.#button(hidden ? t.segmentShow(groupName) : t.segmentHide(groupName), hidden ? "eyeOff" : "eye", !hidden, () => groups.toggleGroupHidden(groupName))}
      ${this.#button(locked ? t.segmentUnlock(groupName) : t.segmentLock(groupName), locked ? "lock" : "unlock", locked, () => groups.setGroupLocked(groupName, !locked))}
    </div>`;
  }

  #button(name: string, image: IconName, pressed: boolean, run: () => void) {
    return html`<button class="icon" aria-label=${name} title=${name} aria-pressed=${pressed} @click=${run}>${icon(image)}</button>`;
  }

  #key = (event: KeyboardEvent) => {
    if ((event.key === "Enter" || event.key === "Escape") && event.target instanceof HTMLElement) event.target.blur();
  };

  /** An emptied name dissolves the group. */
  #rename = ({ target }: Event) => {
    if (target instanceof HTMLInputElement) this.app.groups.renameGroup(this.groupName, target.value);
  };
}

customElements.define("segment-group", SegmentGroup);
