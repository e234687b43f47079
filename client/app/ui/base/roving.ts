/** Arrow keys between the buttons of a toolbar or group, one tab stop for all (WAI-ARIA roving tabindex). */
export function moveFocus(event: KeyboardEvent): void {
  const group = event.currentTarget;
  if (!(group instanceof HTMLElement)) return;
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  const items = [...group.querySelectorAll<HTMLElement>("button:not(:disabled)")].filter(
    (item) => item.offsetParent !== null,
  );
  const at = items.indexOf(event.target instanceof HTMLElement ? event.target : items[0]);
  const target = event.key === "Home" ? 0 : event.key === "End" ? items.length - 1 : step && at + step;
  if (target === undefined || items.length === 0) return;
  event.preventDefault();
  const next = items[(target + items.length) % items.length];
  for (const item of items) item.tabIndex = item === next ? 0 : -1;
  next.focus();
}
