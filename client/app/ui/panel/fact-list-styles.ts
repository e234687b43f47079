import { css } from "lit";

/** A list of facts: what at the left, how much at the right. */
export const factListStyles = css`
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
`;
