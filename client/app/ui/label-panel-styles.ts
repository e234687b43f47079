import { css } from "lit";

export const panelStyles = css`
  :host {
    display: block;
    min-height: 0;
    background: var(--surface);
    border-left: 1px solid var(--line);
  }
  aside {
    display: flex;
    flex-direction: column;
    height: 100%;
    max-height: inherit;
  }
  .head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    padding: 10px 10px 8px 16px;
  }
  h2 {
    margin: 0;
    font-size: 14px;
    font-weight: 650;
  }
  .head button {
    color: var(--accent);
    font-weight: 600;
  }
  .scroll {
    flex: 1;
    min-height: 0;
    overflow: hidden auto;
    padding: 0 10px 10px;
    scrollbar-width: thin;
    scrollbar-color: var(--edge) transparent;
  }
  .none {
    margin: 4px 6px 14px;
    color: var(--muted);
  }
  ul {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 6px;
    margin: 0 0 14px;
    padding: 0;
    list-style: none;
  }
  li {
    padding: 6px 6px 6px 8px;
    border-radius: var(--radius);
    background: var(--ground);
    box-shadow: inset 0 0 0 1px var(--line);
  }
  li.active {
    background: var(--raised);
    box-shadow:
      inset 3px 0 0 var(--label),
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
    gap: 12px;
    padding: 0 6px 2px 37px;
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
    margin: 6px 6px 4px 37px;
    font-size: 12px;
  }
  dl div {
    display: flex;
    justify-content: space-between;
    gap: 12px;
  }
  dt {
    color: var(--muted);
  }
  dd {
    margin: 0;
    text-align: right;
    overflow-wrap: anywhere;
    white-space: pre-wrap;
  }
  section {
    padding: 12px 6px 4px;
    border-top: 1px solid var(--line);
  }
  section dl {
    margin: 0;
  }
  h3 {
    margin: 0 0 8px;
    font-size: 11px;
    font-weight: 650;
    letter-spacing: 0.07em;
    text-transform: uppercase;
    color: var(--muted);
  }
  .segmented {
    display: flex;
  }
  .segmented button {
    flex: 1;
  }
  .line {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 10px;
    min-height: 32px;
    margin-top: 4px;
  }
  .line input[type="range"] {
    flex: 1;
    min-width: 0;
    height: 24px;
  }
  input[type="range"],
  input[type="checkbox"] {
    accent-color: var(--accent);
  }
  input[type="checkbox"] {
    width: 18px;
    height: 18px;
  }
  output {
    min-width: 34px;
    text-align: right;
    color: var(--muted);
  }
  .reason {
    margin: 8px 0 6px;
    font-size: 12px;
    color: var(--muted);
  }
  .foot {
    padding: 10px;
    border-top: 1px solid var(--line);
  }
  .space {
    flex: 1;
  }
  .sheet {
    display: none;
  }
  @media (max-width: 760px) {
    :host {
      display: flex;
      flex-direction: column;
      border: 0;
      border-radius: 16px 16px 0 0;
      box-shadow: var(--shadow);
      overflow: hidden;
    }
    aside {
      flex: 1;
      height: auto;
      max-height: none;
      min-height: 0;
    }
    button.icon {
      width: 40px;
      height: 40px;
    }
    .number {
      min-width: 34px;
      min-height: 34px;
    }
    button.icon.sheet {
      display: inline-flex;
    }
  }
`;
