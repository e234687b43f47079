/** `<promptomy-viewer>`: the viewer in somebody else's page. It listens to keys and dropped files of its own alone. */
import type { FrameImage, PromptomyViewerElement } from "../../element/types.ts";
import { type App, createApp } from "../app.ts";
import { createHosted, type Hosted } from "../embed/hosted.ts";
import type { Tool } from "../state/drawing.ts";
import { namedIn } from "../studies/studies.ts";
import tokens from "../tokens.css?inline";
import "../ui/viewer-app.ts";
import type { ViewerApp } from "../ui/viewer-app.ts";

/** Beside this script in the package; a page may have neither bundler nor origin in common with it. */
const WORKER = "./worker.js";

const STYLES = `
  :host {
    display: flex;
    flex-direction: column;
    container-type: inline-size;
    min-height: 360px;
    background: var(--ground);
    color: var(--text);
    font: 13px / 1.4 var(--font);
    font-feature-settings: "tnum";
    text-align: start;
  }
  :host([hidden]) { display: none; }
  :host([theme="dark"]) { color-scheme: dark; }
  :host([theme="light"]) { color-scheme: light; }
  viewer-app { flex: 1; min-height: 0; }
`;

const TOOLS: readonly Tool[] = ["point", "box", "scribble", "lasso", "brush", "eraser", "length", "angle", "probe"];

/** Below this the list of segments lies over the image, and waits to be opened; see `viewer-app`. */
const NARROW_PX = 760;

/** An element that is moved, by a framework or by hand, leaves the document for a moment. */
const MOVE_MS = 1000;

class PromptomyViewer extends HTMLElement implements PromptomyViewerElement {
  static observedAttributes = ["server", "image-id", "study", "series", "tools"];
  #app: App | undefined;
  #hosted: Hosted | undefined;
  #leaving: ReturnType<typeof setTimeout> | undefined;
  /** What was open when the element left the document. */
  #left: FrameImage | undefined;
  /** Resolves when the viewer before has saved its work and let go of it. */
  #gone: Promise<void> | undefined;
  #root = this.attachShadow({ mode: "open" });

  constructor() {
    super();
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(tokens + STYLES);
    this.#root.adoptedStyleSheets = [sheet];
  }

  connectedCallback(): void {
    clearTimeout(this.#leaving);
    if (this.#app) this.#show(this.#app);
    else this.#begin();
  }

  /** The work is saved at once; the viewer behind the elements ends when the element does not come back. */
  disconnectedCallback(): void {
    this.#root.replaceChildren();
    void this.#app?.keeper.save();
    this.#leaving = setTimeout(() => {
      this.#left = this.image;
      this.#end();
    }, MOVE_MS);
  }

  attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    if (old === value) return;
    if (name !== "tools") this.#left = undefined;
    if (!this.#app) return;
    if (name === "server") {
      this.#end();
      if (this.isConnected) this.#begin();
    } else if (name === "tools") this.#app.store.set({ tools: this.#tools(), tool: this.#tools()[0] });
    else this.#app.start(this.#named());
  }

  get image() {
    return this.#hosted?.image();
  }
  load: PromptomyViewerElement["load"] = (target) => this.#ready().open(target);
  prompt: PromptomyViewerElement["prompt"] = (prompts, at) => this.#ready().prompt(prompts, at);
  masks: PromptomyViewerElement["masks"] = () => this.#hosted?.masks() ?? [];
  files: PromptomyViewerElement["files"] = (format) => this.#ready().files(format);

  #ready(): Hosted {
    if (!this.#hosted) throw new RangeError("Expected an element in a document, got one that is in none.");
    return this.#hosted;
  }

  /** The tools that the attribute names; all when it names none. */
  #tools(): readonly [Tool, ...Tool[]] {
    const named = this.getAttribute("tools")?.split(/[\s,]+/) ?? [];
    const [first = "point", ...rest] = TOOLS.filter((tool) => named.includes(tool));
    return named.some((name) => TOOLS.some((tool) => tool === name)) ? [first, ...rest] : ["point", ...TOOLS.slice(1)];
  }

  #named() {
    const asked = new URLSearchParams();
    const attributes = { "image-id": "image", study: "StudyInstanceUIDs", series: "SeriesInstanceUIDs" };
    for (const [attribute, parameter] of Object.entries(attributes))
      asked.set(parameter, this.getAttribute(attribute) ?? "");
    const named = namedIn(`about:blank?${asked}`);
    return named.image || named.study ? named : null;
  }

  #begin(): void {
    const server = new URL(this.getAttribute("server") ?? ".", document.baseURI);
    const script = new URL(WORKER, import.meta.url);
    const foreign = script.origin !== location.origin;
    const app = createApp({ server, scope: this, ...(foreign && { workerUrl: script }) });
    app.store.set({ tools: this.#tools(), tool: this.#tools()[0], panelOpen: this.clientWidth > NARROW_PX });
    const hosted = createHosted(app);
    hosted.onMask((detail) => void this.#tell("promptomy-mask", detail));
    hosted.onSaved((detail) => !this.#tell("promptomy-saved", detail));
    this.#app = app;
    this.#hosted = hosted;
    this.#show(app);
    const named = this.#left ? namedIn(`about:blank?image=${this.#left.imageId}`) : this.#named();
    void Promise.resolve(this.#gone).then(() => this.#app === app && app.start(named));
  }

  /** New elements each time: each of them lives once. */
  #show(app: App): void {
    const viewer = document.createElement("viewer-app") as ViewerApp; // defined by the import above
    viewer.app = app;
    this.#root.replaceChildren(slot("header"), viewer, slot("footer"));
  }

  #end(): void {
    this.#gone = this.#app?.end();
    this.#app = undefined;
    this.#hosted = undefined;
  }

  /** False when the page has taken it. */
  #tell(name: string, detail: unknown): boolean {
    return this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, cancelable: true }));
  }
}

function slot(name: string): HTMLSlotElement {
  const element = document.createElement("slot");
  element.name = name;
  return element;
}

customElements.define("promptomy-viewer", PromptomyViewer);
