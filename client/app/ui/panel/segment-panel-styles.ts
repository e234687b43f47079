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
  .proposals {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 4px;
    margin: 0 0 8px 6px;
  }
  .proposals span {
    flex: 1;
    font-weight: 600;
    white-space: nowrap;
  }
  .proposals button {
    padding: 0 6px;
    color: var(--accent);
    font-size: 12px;
    white-space: nowrap;
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
  .member segment-row {
    margin-left: 10px;
  }
  dl {
    display: grid;
    gap: 3px;
    margin: 0;
    font-size: 12px;
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
  .obstacle {
    margin-top: 2px;
  }
  .import {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    padding: 0 12px;
    border-radius: var(--radius);
    box-shadow: inset 0 0 0 1px var(--line);
    cursor: pointer;
  }
  .import:hover {
    background: var(--hover);
  }
  .import:focus-within {
    outline: 2px solid var(--accent);
  }
  .main {
    flex: 1;
    min-height: 36px;
    background: var(--hover);
    font-weight: 600;
    border-radius: var(--radius);
  }
  .main:hover:not(:disabled) {
    background: var(--hover-more);
  }
  .foot {
    display: flex;
    gap: 8px;
    padding: 10px;
    border-top: 1px solid var(--line);
  }
  .space {
    flex: 1;
  }
  .sheet {
    display: none;
  }
  @container (max-width: 760px) {
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
    button.icon.sheet {
      display: inline-flex;
    }
  }
`;
