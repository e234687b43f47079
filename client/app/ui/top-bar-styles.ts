import { css } from "lit";

export const topBarStyles = css`
  :host {
    display: block;
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }
  header {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px 12px;
    min-height: 49px;
    padding: 6px 10px 6px 13px;
    box-sizing: border-box;
  }
  h1 {
    display: flex;
    align-items: center;
    gap: 9px;
    margin: 0;
    font-size: 15px;
    font-weight: 650;
    letter-spacing: -0.01em;
  }
  .opened {
    display: flex;
    flex-direction: column;
    flex: 999 1 90px;
    min-width: 90px;
    max-width: max-content;
    padding-left: 12px;
    border-left: 1px solid var(--line);
    line-height: 1.25;
  }
  .opened strong,
  .opened span {
    max-width: 288px;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    font-weight: 600;
  }
  .opened span {
    font-size: 11px;
    font-weight: 400;
    color: var(--muted);
  }
  .pictures {
    display: flex;
    align-items: center;
    flex: none;
    color: var(--muted);
    white-space: nowrap;
  }
  .chips button {
    padding: 0 8px;
  }
  .windows {
    position: relative;
    display: flex;
    gap: 4px;
  }
  .windows svg {
    position: absolute;
    right: 8px;
    top: 8px;
    pointer-events: none;
    color: var(--muted);
  }
  select {
    appearance: none;
    min-height: 30px;
    width: 30px;
    padding: 0;
    color: transparent;
    border: 0;
    border-radius: var(--radius);
    background: var(--ground);
    box-shadow: inset 0 0 0 1px var(--line);
    cursor: pointer;
  }
  select.chosen {
    width: auto;
    max-width: 140px;
    padding: 0 28px 0 10px;
    color: var(--text);
    background: var(--hover);
  }
  option {
    background: var(--raised);
    color: var(--text);
  }
  .space {
    flex: 1;
  }
  .badge {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    height: 26px;
    padding: 0 10px;
    border-radius: 13px;
    background: var(--raised);
    box-shadow: inset 0 0 0 1px var(--line);
    font-size: 12px;
    white-space: nowrap;
    cursor: default;
  }
  .badge {
    flex: none;
  }
  .badge.model {
    color: var(--muted);
  }
  .badge em {
    font-style: normal;
    color: var(--muted);
  }
  .badge em:empty {
    display: none;
  }
  .badge i {
    width: 7px;
    height: 7px;
    border-radius: 50%;
    background: var(--accent);
  }
  .badge.server i {
    background: var(--warning);
  }
  .badge.busy i {
    background: var(--warning);
    animation: pulse 1s infinite alternate;
  }
  @keyframes pulse {
    to {
      opacity: 0.25;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .badge.busy i {
      animation: none;
    }
  }
  .actions {
    display: flex;
    margin-left: auto;
    align-items: center;
    gap: 4px;
  }
  .open {
    position: relative;
    display: inline-flex;
    align-items: center;
    gap: 7px;
    height: 32px;
    padding: 0 12px;
    border-radius: var(--radius-small);
    background: var(--hover);
    font-weight: 600;
    cursor: pointer;
    white-space: nowrap;
  }
  .open.folder {
    padding: 0;
    width: 34px;
    justify-content: center;
    background: none;
    color: var(--muted);
  }
  .open:hover {
    background: var(--hover-more);
  }
  .open:focus-within {
    outline: 2px solid var(--accent);
    outline-offset: 1px;
  }
  .open input {
    position: absolute;
    inset: 0;
    opacity: 0;
    cursor: pointer;
    font-size: 0;
  }
  button.icon[aria-pressed="true"] {
    color: var(--accent);
  }
  @container (max-width: 1420px) {
    .chips {
      display: none;
    }
    select {
      width: auto;
      max-width: 150px;
      padding: 0 28px 0 10px;
      color: var(--text);
    }
  }
  @container (max-width: 1180px) {
    .badge.model {
      display: none;
    }
  }
  @container (max-width: 1100px) {
    h1 span {
      display: none;
    }
    .open span {
      display: none;
    }
    .opened {
      padding-left: 0;
      border: 0;
    }
    .badge em {
      display: none;
    }
  }
  @container (max-width: 900px) {
    header {
      gap: 6px 8px;
      padding: 6px 8px;
    }
    .opened {
      flex-basis: 64px;
      min-width: 64px;
    }
    .planes button {
      padding: 0 8px;
    }
  }
  /* Two rows: what is open and what can be done, and under it planes and windows. */
  @container (max-width: 760px) {
    .opened {
      flex: 1;
      min-width: 0;
      max-width: none;
    }
    .opened strong,
    .opened span {
      max-width: none;
    }
    .space {
      order: 4;
      flex-basis: 100%;
      margin-bottom: -6px;
    }
    .planes {
      order: 5;
    }
    .windows {
      order: 6;
      flex: 1;
    }
    .windows.kind {
      order: 0;
      flex: none;
    }
    .windows select {
      width: 100%;
      max-width: none;
    }
  }
  @container (max-width: 480px) {
    .actions:has(.studies) {
      gap: 0;
    }
    header:has(.studies) .badge span {
      display: none;
    }
  }
`;
