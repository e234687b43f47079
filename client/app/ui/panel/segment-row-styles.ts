import { css } from "lit";

export const rowStyles = css`
  :host {
    display: block;
    --row-indent: 37px;
  }
  .segment {
    padding: 6px 6px 6px 8px;
    border-radius: var(--radius);
    background: var(--ground);
    box-shadow: inset 0 0 0 1px var(--line);
  }
  .segment.active {
    background: var(--raised);
    box-shadow:
      inset 3px 0 0 var(--segment),
      inset 0 0 0 1px var(--edge);
  }
  .row {
    display: flex;
    align-items: center;
    gap: 2px;
  }
  .number {
    min-width: 26px;
    min-height: 26px;
    padding: 0;
    border-radius: 50%;
    font-weight: 700;
    font-size: 12px;
  }
  .number:hover:not(:disabled) {
    filter: brightness(1.12);
  }
  .row input {
    flex: 1;
    min-width: 0;
    height: 30px;
    margin-left: 5px;
    padding: 0 6px;
    border: 1px solid transparent;
    border-radius: var(--radius-small);
    background: transparent;
    font-weight: 600;
    text-overflow: ellipsis;
  }
  .row input:hover {
    border-color: var(--edge);
  }
  .row input:focus {
    background: var(--ground);
  }
  button.icon {
    width: 28px;
    height: 28px;
    min-width: 28px;
    min-height: 28px;
  }
  .summary {
    display: flex;
    flex-wrap: wrap;
    gap: 0 12px;
    white-space: nowrap;
    padding: 0 6px 2px var(--row-indent);
    color: var(--muted);
    font-size: 12px;
  }
  .done {
    display: inline-flex;
    align-items: center;
    gap: 3px;
    color: var(--accent);
  }
  dl {
    display: grid;
    gap: 3px;
    margin: 6px 6px 4px var(--row-indent);
    font-size: 12px;
  }
  .doubtful {
    display: inline-flex;
    align-items: center;
    gap: 3px;
    color: var(--warning);
    font-weight: 600;
  }
  .actions {
    display: flex;
    align-items: center;
    gap: 2px;
    padding-left: var(--row-indent);
  }
  .actions.texts {
    padding-left: 28px;
  }
  .proposal {
    display: flex;
    align-items: center;
    gap: 2px;
    padding-left: var(--row-indent);
    color: var(--warning);
    font-size: 12px;
    font-weight: 600;
  }
  .proposal span {
    flex: 1;
  }
  .guesses {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    padding: 4px 6px 4px var(--row-indent);
  }
  .guesses button {
    min-height: 26px;
    padding: 0 8px;
    font-size: 12px;
    box-shadow: inset 0 0 0 1px var(--edge);
  }
  .guesses small {
    margin-left: 5px;
    color: var(--muted);
  }
  .actions button:not(.icon) {
    font-size: 12px;
    color: var(--accent);
  }
  .group {
    gap: 8px;
    padding: 4px 6px 2px var(--row-indent);
    color: var(--muted);
    font-size: 12px;
  }
  .group input {
    flex: 1;
    min-width: 0;
    height: 26px;
    padding: 0 6px;
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
    background: transparent;
    font-size: 12px;
  }
  .actions select {
    height: 26px;
    border: 1px solid var(--line);
    border-radius: var(--radius-small);
    background: transparent;
    font-size: 12px;
  }
  .space {
    flex: 1;
  }
  @container (max-width: 760px) {
    :host {
      --row-indent: 45px;
    }
    button.icon {
      width: 40px;
      height: 40px;
    }
    .actions.texts {
      padding-left: 36px;
    }
    .number {
      min-width: 34px;
      min-height: 34px;
    }
  }
`;
