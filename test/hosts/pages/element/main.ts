/** Somebody's page with two viewers in it, and an element of its own that is called as one of ours. */
import "@promptomy/client/element";
import type { FrameMask, FrameSaved, PromptomyViewerElement } from "@promptomy/client/element";

customElements.define("top-bar", class extends HTMLElement {});

const server = new URL(location.href).searchParams.get("server") ?? "";
const page = {
  viewers: [] as PromptomyViewerElement[],
  masks: [[], []] as FrameMask[][],
  saved: [[], []] as FrameSaved[][],
};

for (const [n, theme] of ["dark", "light"].entries()) {
  const viewer = document.createElement("promptomy-viewer");
  viewer.setAttribute("server", server);
  viewer.setAttribute("theme", theme);
  if (n === 1) viewer.setAttribute("tools", "point box");
  viewer.innerHTML = `<strong slot="header">Viewer ${n}</strong>`;
  viewer.addEventListener("promptomy-mask", ({ detail }) => page.masks[n]?.push(detail));
  viewer.addEventListener("promptomy-saved", (event) => {
    event.preventDefault();
    page.saved[n]?.push(event.detail);
  });
  document.querySelector("main")?.append(viewer);
  page.viewers.push(viewer);
}
Object.assign(globalThis, { host: page });
