import { css } from "lit";
import { rowListStyles } from "../base/row-list-styles.ts";

export const studiesStyles = [
  rowListStyles,
  css`
  :host {
    --width: 760px;
  }
  .bar {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
    align-items: center;
    margin-bottom: 12px;
  }
  .bar input {
    flex: 1 1 130px;
    min-width: 0;
    min-height: 34px;
    padding: 0 10px;
    border: 1px solid var(--edge);
    border-radius: var(--radius-small);
    background: var(--ground);
  }
  .bar .short {
    flex: 0 1 84px;
  }
  section {
    margin-bottom: 16px;
  }
  h3 {
    overflow: hidden;
    text-overflow: ellipsis;
    text-transform: none;
    letter-spacing: 0;
    font-size: 13px;
  }
  li {
    flex-wrap: wrap;
    gap: 4px 12px;
    padding: 6px 8px 6px 6px;
  }
  .quiet {
    color: var(--muted);
  }
  .reason {
    display: block;
    color: var(--negative-text);
  }
  .here {
    padding: 0 9px;
    color: var(--accent);
  }
  .go {
    color: var(--accent);
    font-weight: 600;
  }
  li ul {
    flex: 1 0 100%;
    padding-left: 68px;
  }
  .study {
    padding: 8px 8px 8px 14px;
  }
  .study > ul {
    padding-left: 0;
  }
  .study > ul > li {
    background: var(--surface);
  }
  @container (max-width: 760px) {
    li {
      justify-content: flex-end;
    }
    .what {
      flex: 1 1 150px;
    }
    li ul {
      padding-left: 0;
    }
  }
`,
];
