/** A small picture that is asked for when it comes into view, a few at a time. */
import { css, html, LitElement, nothing } from "lit";

/** Each costs the server a file to read, or the archive an instance. */
const AT_ONCE = 2;
const waiting: (() => Promise<void>)[] = [];
let running = 0;

function pump(): void {
  while (running < AT_ONCE) {
    const next = waiting.shift();
    if (!next) return;
    running++;
    void next().finally(() => {
      running--;
      pump();
    });
  }
}

export class SeriesThumbnail extends LitElement {
  static override properties = { load: { attribute: false }, url: { state: true } };
  declare load: () => Promise<Blob>;
  declare url: string | undefined;
  #observer: IntersectionObserver | undefined;

  static override styles = css`
    :host {
      display: block;
      width: 56px;
      height: 56px;
      flex: none;
      overflow: hidden;
      border-radius: var(--radius-small);
      background: var(--canvas);
    }
    img {
      display: block;
      width: 100%;
      height: 100%;
      object-fit: contain;
    }
  `;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      this.#observer?.disconnect();
      waiting.push(() => this.#load());
      pump();
    });
    this.#observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer?.disconnect();
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = undefined;
  }

  /** Without a picture the black square stays: the text beside it says all. */
  async #load(): Promise<void> {
    if (!this.isConnected) return;
    const blob = await this.load().catch(() => undefined);
    if (blob && this.isConnected) this.url = URL.createObjectURL(blob);
  }

  override render() {
    return this.url ? html`<img src=${this.url} alt="" />` : nothing;
  }
}

customElements.define("series-thumbnail", SeriesThumbnail);
