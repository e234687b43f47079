/** The panel: a field for names, propagation, what is being done; and the segments where OHIF's own list is not beside it. */

import { STYLES } from "./panel-styles.ts";
import type { Session } from "./session/session.ts";
import { activeLabelmap, segmentsOf } from "./session/target.ts";
import type { Subscription } from "./session/types.ts";

export const PANEL_TAG = "promptomy-ohif-panel";

const MARKUP = `<style>${STYLES}</style><div>
  <ul aria-label="Segments"></ul>
  <form class="text"><input name="text" placeholder="Name of an organ" aria-label="Name of an organ" autocomplete="off" maxlength="512">
    <button>Segment</button></form>
  <form class="stack"><label>Slices each way <input name="reach" type="number" min="1" placeholder="all"></label>
    <button>Propagate</button><button type="button" class="quiet stop" hidden>Stop</button></form>
  <progress hidden></progress>
  <p role="status"></p><p class="problem" role="alert"></p></div>`;

/** Calls back with the session of the page, now and whenever another one takes its place; gives what ends that. */
export type WatchSession = (listener: (session: Session | undefined) => void) => () => void;

/** Defines the element. OHIF draws its panels before the mode begins, and with it the session. */
export function definePanel(watch: WatchSession): void {
  if (customElements.get(PANEL_TAG)) return;
  customElements.define(
    PANEL_TAG,
    class extends HTMLElement {
      #unwatch = () => {};
      #ends: (() => void)[] = [];

      connectedCallback(): void {
        const root = this.shadowRoot ?? this.attachShadow({ mode: "open" });
        this.#unwatch = watch((session) => {
          this.#end();
          root.innerHTML = session ? MARKUP : "";
          if (session) this.#ends = follow(root, session, this.getAttribute("segments") !== "no");
        });
      }
      disconnectedCallback(): void {
        this.#unwatch();
        this.#end();
      }
      #end(): void {
        for (const end of this.#ends.splice(0)) end();
      }
    },
  );
}

/** Puts the cursor into the field of the panel that is shown. */
export function focusText(): void {
  document.querySelector(PANEL_TAG)?.shadowRoot?.querySelector<HTMLInputElement>("[name=text]")?.focus();
}

/** Gives what ends it. */
function follow(root: ShadowRoot, session: Session, withSegments: boolean): (() => void)[] {
  const { viewportGridService, segmentationService } = session.host.services;
  const draw = () => {
    drawState(root, session);
    drawSegments(root, session, withSegments);
  };
  listen(root, session);
  draw();
  const services = [
    ...["SEGMENTATION_MODIFIED", "SEGMENTATION_ADDED", "SEGMENTATION_REMOVED"].map((name) =>
      on(segmentationService, name),
    ),
    ...["SEGMENTATION_REPRESENTATION_MODIFIED", "SEGMENTATION_DATA_MODIFIED"].map((name) =>
      on(segmentationService, name),
    ),
    on(viewportGridService, "ACTIVE_VIEWPORT_ID_CHANGED"),
  ].map((subscribe) => subscribe(draw));
  return [session.subscribe(draw), ...services.map((subscription) => () => subscription.unsubscribe())];
}

type Listenable = Pick<Session["host"]["services"]["segmentationService"], "EVENTS" | "subscribe">;

/** Events that this release of OHIF does not have are none. */
const on =
  (service: Listenable, name: string) =>
  (listener: () => void): Subscription => {
    const event = service.EVENTS[name];
    return event === undefined ? { unsubscribe: () => {} } : service.subscribe(event, listener);
  };

/** The session has told the user what went wrong. */
const told = () => {};

function listen(root: ShadowRoot, session: Session): void {
  const [text, reach] = [field(root, "text"), field(root, "reach")];
  const all = root.querySelector("div"); // goes with its listeners when another session comes
  // OHIF's keys are letters, and it looks for input fields outside of shadow trees only.
  for (const type of ["keydown", "keypress", "keyup"]) all?.addEventListener(type, (event) => event.stopPropagation());
  all?.addEventListener("submit", (event) => {
    event.preventDefault();
    const isText = (event.target as HTMLElement).className === "text"; // forms alone are submitted
    if (!isText) session.propagate(reach.value === "" ? undefined : reach.valueAsNumber).catch(told);
    else if (text.value.trim()) session.text(text.value.trim()).catch(told);
  });
  root.querySelector(".stop")?.addEventListener("click", () => session.cancel());
}

const field = (root: ShadowRoot, name: string): HTMLInputElement => {
  const found = root.querySelector<HTMLInputElement>(`[name=${name}]`);
  if (!found) throw new RangeError(`Expected a field "${name}".`);
  return found;
};

function drawState(root: ShadowRoot, { state }: Session): void {
  const { doing, progress, problem, decoder } = state;
  const isBusy = doing !== undefined;
  for (const button of root.querySelectorAll<HTMLButtonElement>("form button")) button.disabled = isBusy;
  const stop = root.querySelector<HTMLButtonElement>(".stop");
  const bar = root.querySelector("progress");
  if (stop) Object.assign(stop, { hidden: !progress, disabled: false });
  if (bar) {
    bar.hidden = !isBusy;
    if (progress) Object.assign(bar, { max: progress.total, value: progress.done });
    else bar.removeAttribute("value");
  }
  const rest = decoder?.state === "ready" ? `Decoder: ${decoder.backend}. For research, not for diagnosis.` : "";
  say(root, "[role=status]", progress ? `${doing} ${progress.done} of ${progress.total}` : (doing ?? rest));
  say(root, "[role=alert]", problem ?? "");
}

function say(root: ShadowRoot, selector: string, words: string): void {
  const line = root.querySelector(selector);
  if (line && line.textContent !== words) line.textContent = words;
}

function drawSegments(root: ShadowRoot, { host }: Session, isShown: boolean): void {
  const list = root.querySelector("ul");
  const { segmentationService, viewportGridService } = host.services;
  const viewportId = viewportGridService.getActiveViewportId();
  const labelmap = isShown && viewportId ? activeLabelmap(host, viewportId) : undefined;
  const rows = labelmap ? segmentsOf(labelmap) : [];
  list?.replaceChildren(
    ...rows.map(({ segmentIndex, label, active = false }) => {
      const { segmentationId } = labelmap ?? { segmentationId: "" };
      const [r, g, b] = Array.from(segmentationService.getSegmentColor(viewportId, segmentationId, segmentIndex));
      return row({ label, colour: `rgb(${r} ${g} ${b})`, active }, () =>
        segmentationService.setActiveSegment(segmentationId, segmentIndex),
      );
    }),
    ...(labelmap ? [row({ label: "Add segment" }, () => segmentationService.addSegment(labelmap.segmentationId))] : []),
  );
  if (list) list.hidden = !isShown;
}

function row({ label, colour, active }: { label: string; colour?: string; active?: boolean }, choose: () => void) {
  const [item, button] = [document.createElement("li"), document.createElement("button")];
  if (colour) {
    const square = document.createElement("i");
    square.style.background = colour;
    button.append(square);
  }
  button.append(label);
  if (active !== undefined) button.ariaPressed = String(active);
  button.addEventListener("click", choose);
  item.append(button);
  return item;
}
