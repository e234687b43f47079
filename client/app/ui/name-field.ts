/** Segment by name: a field that completes what is typed, and the list of all names (WAI-ARIA combobox). */
import { html, nothing } from "lit";
import { createRef, ref } from "lit/directives/ref.js";
import { byRegion, type MatchingFor, matchingNames, type NameMatch } from "../../../core/text/completion.ts";
import { splitNames } from "../../../core/text/list.ts";
import { presenceThreshold } from "../../../core/text/measures.ts";
import { createVocabulary, type Vocabulary } from "../../../core/text/vocabulary.ts";
import type { ListedTerm } from "../../../core/wire/index.ts";
import { t } from "../i18n/index.ts";
import { isWritable, type State } from "../state/state.ts";
import { ViewerElement } from "./base/element.ts";
import { icon } from "./base/icons.ts";
import { controls } from "./base/styles.ts";
import "./name-actions.ts";
import { latestNames, rememberNames } from "./latest-names.ts";
import { nameFieldStyles } from "./name-field-styles.ts";

/** While typing; browsing shows all. */
const MOST_COMPLETIONS = 10;
/** What is typed may mean something from so many letters on, once it rests. */
const SHORTEST_PHRASE = 3;
const PAUSE_MS = 300;
/** As a prompt may have. */
const MOST_LETTERS = 512;

export class NameField extends ViewerElement {
  static override properties = {
    ...ViewerElement.properties,
    open: { state: true },
    all: { state: true },
    typed: { state: true },
    at: { state: true },
    names: { state: true },
    meant: { state: true },
  };
  static override styles = [controls, nameFieldStyles];
  declare open: boolean;
  /** Browsing: every name, not only completions. */
  declare all: boolean;
  declare typed: string;
  /** The option that Enter takes; −1 takes what is typed. */
  declare at: number;
  declare names: readonly ListedTerm[];
  /** Names that the phrase may mean which is typed, where no name has its letters. */
  declare meant: readonly string[];
  #field = createRef<HTMLInputElement>();
  #vocabulary: Vocabulary | undefined;
  #asking: number | undefined;

  constructor() {
    super();
    this.open = false;
    this.all = false;
    this.typed = "";
    this.at = -1;
    this.names = [];
    this.meant = [];
  }

  protected watch = ({ model, image, keeping, finding }: State) => [
    ...[model, image?.info, image?.modality, image?.task, image?.pixels, keeping, finding],
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.app.scope.addEventListener("focus-text-prompt", this.#focusField);
    document.addEventListener("pointerdown", this.#outside);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.app.scope.removeEventListener("focus-text-prompt", this.#focusField);
    document.removeEventListener("pointerdown", this.#outside);
  }

  /** In the order in which they are shown: under their regions. */
  get #matches(): readonly NameMatch[] {
    return this.#groups.flatMap(([, matches]) => matches);
  }

  get #groups() {
    const found = matchingNames(this.names, lastName(this.typed), this.#wanted);
    const latest = this.all && this.typed === "" ? this.#latest(found) : [];
    const others = found.filter((match) => !latest.includes(match));
    if (found.length === 0) return this.#meant();
    const groups = byRegion(this.all ? others : others.slice(0, MOST_COMPLETIONS));
    return latest.length > 0 ? [["latest", latest] as const, ...groups] : groups;
  }

  get #wanted(): MatchingFor {
    const { modality = "", task } = this.state.image ?? {};
    return { modality, task: task || undefined };
  }

  #meant(): (readonly [region: string, matches: NameMatch[]])[] {
    const all = matchingNames(this.names, "", this.#wanted);
    const matches = this.meant.flatMap((name) => all.find((match) => match.name === name) ?? []);
    return matches.length > 0 ? [["meant", matches]] : [];
  }

  #latest(found: readonly NameMatch[]): NameMatch[] {
    return latestNames().flatMap((name) => found.find((match) => match.name === name) ?? []);
  }

  override render() {
    const { model, image } = this.state;
    const takesText = model?.heatMap || (model?.prompts.includes("text") ?? false);
    const usable = takesText && image !== undefined && isWritable(this.state);
    const groups = this.open ? this.#groups : [];
    const shown = this.open && (groups.length > 0 || this.all);
    return html`<form @submit=${this.#submit} @focusout=${this.#left}>
      ${icon("text")}
      <input ${ref(this.#field)} type="text" role="combobox" autocomplete="off" spellcheck="false" maxlength=${MOST_LETTERS}
        aria-label=${t.textLabel} aria-expanded=${shown} aria-controls="names" aria-autocomplete="list"
        aria-activedescendant=${this.at >= 0 ? `name-${this.at}` : nothing}
        placeholder=${takesText || !model ? t.textPlaceholder : t.textUnsupported} ?disabled=${!usable}
        @focus=${this.#load} @input=${this.#typing} @keydown=${this.#key} />
      <kbd aria-hidden="true">T</kbd>
      <button type="button" class="icon browse" aria-label=${t.names.browse} title=${t.names.browse} ?disabled=${!usable}
        @click=${this.#browse}>${icon("chevron", 16)}</button>
      ${shown ? this.#list(groups) : nothing}
    </form>
    ${shown ? nothing : html`<name-located .app=${this.app}></name-located>`}
    ${this.#findAll(usable)}`;
  }

  #findAll(usable: boolean) {
    const { finding, image } = this.state;
    const name = finding ? t.finding.stop : t.finding.button;
    const progress = finding && finding.total > 0 ? t.finding.progress(finding.done, finding.total) : "";
    return html`<button type="button" class="find" aria-label=${name} title=${`${name} (Shift + F)`}
      ?disabled=${!usable || !image?.pixels} @click=${() => this.app.finding.toggle()}>
      ${icon(finding ? "close" : "find", 18)}${progress ? html`<span role="status">${progress}</span>` : nothing}</button>`;
  }

  override updated(): void {
    this.renderRoot.querySelector(`#name-${this.at}`)?.scrollIntoView({ block: "nearest" });
  }

  #list(groups: readonly (readonly [region: string, matches: readonly NameMatch[]])[]) {
    const intro = this.names.length > 0 ? t.names.intro(this.names.length) : t.names.offline;
    let at = 0;
    return html`<div class="popup">
      ${this.all ? html`<p>${intro}</p>` : nothing}
      <ul id="names" role="listbox" aria-label=${t.names.title}>
        ${groups.map(
          ([region, matches]) => html`<li role="presentation" class="region">${t.names.region(region)}</li>
            ${matches.map((match) => this.#option(match, at++))}`,
        )}
      </ul>
      ${groups.length === 0 && this.names.length > 0 ? html`<p>${t.names.none}</p>` : nothing}
      <name-actions .app=${this.app} .name=${this.#placed() ?? ""} .regions=${this.#regions} .all=${this.all} @acted=${this.#emptied}></name-actions>
    </div>`;
  }

  get #regions(): readonly string[] {
    return [...new Set(this.names.flatMap(({ region }) => region ?? []))].sort();
  }

  /** The name that is marked, or the first: where its place in the stack can be told. */
  #placed(): string | undefined {
    const matches = this.#matches;
    const match = matches[this.at] ?? (this.typed.trim() ? matches[0] : undefined);
    const term = this.names.find(({ id }) => id === match?.id);
    return term && presenceThreshold(term) !== undefined ? term.name : undefined;
  }

  #option({ name, synonym, fits, quality }: NameMatch, index: number) {
    return html`<li id=${`name-${index}`} role="option" aria-selected=${index === this.at} class=${fits ? quality : `other ${quality}`}
      @pointerdown=${(event: Event) => event.preventDefault()} @click=${() => this.#take(this.#completed(name))}>
      <span>${synonym === undefined ? name : t.names.option(name, synonym)}</span><small>${t.names.quality[quality]}</small></li>`;
  }

  #focusField = () => this.#field.value?.focus();

  #load = async () => {
    const names = await this.app.vocabulary();
    if (names !== this.names && names.length > 0) this.#vocabulary = createVocabulary(names);
    this.names = names;
  };

  #browse = async () => {
    await this.#load();
    this.#field.value?.focus();
    this.typed = "";
    this.all = true;
    this.open = true;
    this.at = -1;
  };

  #typing = () => {
    this.typed = this.#field.value?.value ?? "";
    this.open = this.all || this.typed.trim().length > 0;
    this.at = -1;
    this.meant = [];
    clearTimeout(this.#asking);
    const phrase = lastName(this.typed).trim();
    const wanted = this.#wanted;
    if (phrase.length < SHORTEST_PHRASE || matchingNames(this.names, phrase, wanted).length > 0) return;
    this.#asking = window.setTimeout(async () => {
      const meant = await this.app.namesMeant(phrase, wanted);
      if (lastName(this.typed).trim() === phrase) this.meant = meant;
    }, PAUSE_MS);
  };

  #key = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      if (!this.open) return void this.#browse();
      const count = this.#matches.length;
      this.at = count === 0 ? -1 : (this.at + step + count + (this.at < 0 && step < 0 ? 1 : 0)) % count;
    }
    const placed = event.key === "Enter" && event.altKey && this.open ? this.#placed() : undefined;
    if (placed) {
      event.preventDefault();
      this.app.finding.where(placed);
      this.#emptied();
    }
    if (event.key !== "Escape") return;
    if (this.open) this.#close();
    else this.#field.value?.blur();
  };

  #submit = (event: Event) => {
    event.preventDefault();
    const chosen = this.open && this.at >= 0 ? this.#matches[this.at]?.name : undefined;
    this.#take(chosen === undefined ? (this.#field.value?.value ?? "") : this.#completed(chosen));
  };

  /** The names before the one that is being completed stay. */
  #completed = (name: string): string => this.typed.slice(0, this.typed.length - lastName(this.typed).length) + name;

  /** On a slice that is not shown yet the name stays in the field: it would mean nothing. */
  async #take(name: string) {
    const text = name.trim().slice(0, MOST_LETTERS);
    if (!this.#vocabulary && lastName(text) !== text) await this.#load(); // else a list of names would be taken for one
    if (!text || !this.state.image?.pixels) return;
    const names = this.#vocabulary ? splitNames(text, this.#vocabulary, this.state.image.modality) : [text];
    for (const name of names) this.app.phrases.say(name);
    this.#emptied();
    if (!this.#vocabulary) await this.#load();
    rememberNames(names.flatMap((name) => this.#canonical(name)));
  }

  /** The name of a structure, however it was said; nothing for a phrase, which may say more than a structure. */
  #canonical(text: string): string[] {
    const answer = this.#vocabulary?.resolve(text, this.#wanted);
    return answer?.known ? [answer.name] : [];
  }

  #emptied = () => {
    const field = this.#field.value;
    if (field) field.value = "";
    this.typed = "";
    this.#close();
    field?.blur();
  };

  #close() {
    this.open = false;
    this.all = false;
    this.at = -1;
  }

  #left = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget instanceof Node && this.renderRoot.contains(relatedTarget)) return;
    this.#close();
  };

  #outside = (event: Event) => {
    if (!event.composedPath().includes(this)) this.#close();
  };
}

/** The name that is being typed, after the last separator. */
const lastName = (typed: string): string => (/[^,;，、；]*$/.exec(typed)?.[0] ?? "").trimStart();

customElements.define("name-field", NameField);
