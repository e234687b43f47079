/** Runs in the page: controls without an accessible name, and targets under 24 × 24 CSS pixels (WCAG 2.5.8). */
export function auditControls(): string[] {
  const found: string[] = [];
  const selector =
    "button, a[href], input, select, textarea, [role=button], [role=radio], [role=slider], [role=application], [role=menuitem]";
  const nameOf = (element: HTMLElement): string => {
    const labels =
      element instanceof HTMLInputElement ? [...(element.labels ?? [])].map((label) => label.textContent) : [];
    return [element.getAttribute("aria-label"), element.textContent, ...labels].join("").trim();
  };
  const visit = (root: ParentNode) => {
    for (const element of root.querySelectorAll<HTMLElement>("*")) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (!element.matches(selector)) continue;
      const { width, height } = element.getBoundingClientRect();
      if (width === 0) continue;
      const text = `${element.tagName} ${element.className} ${nameOf(element)}`;
      if (!nameOf(element)) found.push(`no name: ${text} ${element.outerHTML.slice(0, 120)}`);
      const target = element.closest("label")?.getBoundingClientRect() ?? { width, height };
      if (target.width < 24 || target.height < 24) found.push(`small: ${text} ${target.width}×${target.height}`);
    }
  };
  visit(document);
  return found;
}
