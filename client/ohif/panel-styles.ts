/** The panel in the colours of OHIF's theme. */
export const STYLES = `
  :host { display: block; padding: 8px; font-size: 12px; line-height: 1.4; color: hsl(var(--foreground, 0 0% 98%)); }
  form { display: flex; align-items: center; gap: 4px; margin: 0; }
  form + form, ul + form, form + ul { margin-top: 8px; }
  label { flex: 1; justify-content: space-between; white-space: nowrap; display: flex; align-items: center; gap: 6px; min-width: 0; }
  input { flex: 1; min-width: 0; height: 28px; padding: 0 8px; font: inherit; color: inherit; border-radius: 4px;
    border: 1px solid hsl(var(--input, 236 45% 31%)); background: hsl(var(--background, 236 62% 5%)); }
  input[type="number"] { flex: 0 1 56px; padding-right: 2px; }
  button { display: inline-flex; align-items: center; height: 28px; padding: 0 8px; font: inherit; color: hsl(var(--primary-foreground, 0 0% 98%)); border: 0;
    border-radius: 4px; background: hsl(var(--primary, 214 98% 60%)); cursor: pointer; white-space: nowrap; }
  button.quiet { color: inherit; background: hsl(var(--muted, 234 64% 10%)); }
  button:disabled { opacity: .5; cursor: default; }
  :focus-visible { outline: 2px solid hsl(var(--ring, 214 98% 60%)); outline-offset: 1px; }
  ul { margin: 0; padding: 0; list-style: none; }
  li button {  gap: 8px; width: 100%; text-align: left; background: none; color: inherit; }
  li button[aria-pressed="true"] { background: hsl(var(--accent, 217 79% 24%)); }
  i { flex: none; width: 12px; height: 12px; border-radius: 3px; }
  p { margin: 8px 0 0; color: hsl(var(--muted-foreground, 216 39% 65%)); overflow-wrap: anywhere; }
  p.problem { color: hsl(var(--destructive-text, 0 84% 72%)); }
  p:empty, [hidden] { display: none; }
  progress { width: 100%; height: 4px; margin-top: 8px; accent-color: hsl(var(--primary, 214 98% 60%)); }
`;
