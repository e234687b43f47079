import { css } from "lit";

export const editBarStyles = css`
  :host {
    display: block;
    padding: 6px 12px;
    background: var(--surface);
    border-top: 1px solid var(--line);
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    justify-content: center;
    gap: 4px 14px;
  }
  .part {
    display: flex;
    align-items: center;
    gap: 4px;
  }
  label {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    color: var(--muted);
    font-size: 12px;
  }
  button {
    font-size: 12px;
    min-height: 28px;
    border-color: var(--line);
  }
  button[aria-pressed="true"] {
    background: var(--accent-soft);
    color: var(--accent);
    border-color: var(--accent);
  }
  .segmented button {
    border-color: transparent;
  }
  input[type="range"] {
    width: 110px;
    accent-color: var(--accent);
  }
  input[type="checkbox"] {
    accent-color: var(--accent);
  }
  input[type="number"],
  select {
    height: 28px;
    padding: 0 4px;
    border: 1px solid var(--edge);
    border-radius: var(--radius-small);
    background: var(--ground);
    font-size: 12px;
  }
  input[type="number"] {
    width: 66px;
  }
  input.short {
    width: 52px;
  }
  select {
    max-width: 140px;
  }
  output {
    min-width: 92px;
    font-size: 12px;
    font-variant-numeric: tabular-nums;
  }
  .unit {
    color: var(--muted);
    font-size: 12px;
  }
  @container (max-width: 760px) {
    .bar {
      flex-wrap: nowrap;
      justify-content: flex-start;
      overflow-x: auto;
      scrollbar-width: thin;
    }
    .bar > * {
      flex: none;
    }
    button {
      min-height: 36px;
    }
  }
`;
