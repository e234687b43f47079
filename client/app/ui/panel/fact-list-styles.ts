import { css } from "lit";

/** A list of facts: what at the left, how much at the right. */
export const factListStyles = css`
  dl div {
    display: flex;
    justify-content: space-between;
    gap: 12px;
  }
  .histogram {
    display: block;
    width: 100%;
    height: 32px;
    margin: 2px 0;
    border-bottom: 1px solid var(--line);
    fill: var(--muted);
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
`;
