/** Styles that several elements share. */
import { css } from "lit";

export const controls = css`
  :host {
    box-sizing: border-box;
    color: var(--text);
  }
  *,
  *::before,
  *::after {
    box-sizing: border-box;
  }
  button,
  select,
  input {
    font: inherit;
    color: inherit;
  }
  select {
    border: 1px solid var(--edge);
    border-radius: var(--radius-small);
    background: var(--ground);
  }
  button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 6px;
    min-height: 30px;
    min-width: 30px;
    padding: 0 9px;
    border: 1px solid transparent;
    border-radius: var(--radius-small);
    background: transparent;
    cursor: pointer;
    white-space: nowrap;
    transition:
      background var(--fast),
      border-color var(--fast),
      color var(--fast);
  }
  button:hover:not(:disabled) {
    background: var(--hover);
  }
  button:disabled {
    opacity: 0.4;
    cursor: default;
  }
  button.icon {
    padding: 0;
    width: 32px;
    height: 32px;
    color: var(--muted);
  }
  button.icon:hover:not(:disabled) {
    color: var(--text);
  }
  button.primary {
    background: var(--accent);
    color: var(--accent-ink);
    font-weight: 600;
  }
  button.primary:hover:not(:disabled) {
    background: var(--accent-hover);
  }
  :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  svg {
    display: block;
    flex: none;
  }
  .segmented {
    display: inline-flex;
    padding: 2px;
    gap: 2px;
    border-radius: var(--radius);
    background: var(--ground);
    box-shadow: inset 0 0 0 1px var(--line);
  }
  .segmented button {
    min-height: 26px;
    padding: 0 10px;
    color: var(--muted);
  }
  .segmented button[aria-checked="true"],
  .segmented button[aria-pressed="true"] {
    background: var(--hover);
    color: var(--text);
    box-shadow: 0 0 0 1px var(--shine);
  }
  kbd {
    font: 600 10px var(--font);
    min-width: 16px;
    padding: 1px 4px;
    border-radius: 4px;
    background: var(--shine);
    color: var(--muted);
    text-align: center;
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
`;
