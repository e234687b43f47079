import { css } from "lit";

export const exportStyles = css`
  footer {
    position: sticky;
    bottom: 0;
    background: var(--surface);
  }
  fieldset {
    margin: 0 0 10px;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0;
    margin-bottom: 4px;
    font-size: 11px;
    letter-spacing: 0.08em;
    text-transform: uppercase;
    color: var(--accent);
  }
  label {
    display: flex;
    align-items: center;
    gap: 10px;
    min-height: 32px;
  }
  label code {
    margin-left: auto;
    font: 11px ui-monospace, monospace;
    color: var(--muted);
  }
  label small {
    display: block;
    font-size: 11px;
  }
  .lacking {
    padding: 3px 0;
    color: var(--muted);
  }
  .line {
    flex-wrap: wrap;
  }
  input {
    width: 18px;
    height: 18px;
    margin: 0;
    accent-color: var(--accent);
  }
  select {
    flex: 1;
    min-width: 220px;
    min-height: 34px;
    padding: 0 8px;
    border: 1px solid var(--edge);
    border-radius: var(--radius-small);
    background: var(--ground);
  }
  .outcome {
    min-height: 64px;
    margin-top: 12px;
    padding: 10px 14px;
    border-radius: var(--radius);
    background: var(--ground);
    box-shadow: inset 0 0 0 1px var(--line);
  }
  .outcome p {
    margin: 2px 0;
  }
  .quiet {
    margin: 2px 0;
    color: var(--muted);
  }
  .losses {
    margin: 4px 0 0;
    padding: 0;
    list-style: none;
  }
  .losses li {
    display: flex;
    align-items: center;
    gap: 8px;
  }
  .losses svg {
    color: var(--warning);
  }
  .retry {
    color: var(--accent);
    font-weight: 600;
    margin-left: -9px;
  }
  progress {
    width: 100%;
    accent-color: var(--accent);
  }
`;
