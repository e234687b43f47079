import { css } from "lit";

/** A part of the panel under a small heading. */
export const sectionStyles = css`
  section {
    padding: 12px 6px 8px;
    border-top: 1px solid var(--line);
  }
  h3 {
    margin: 0 0 8px;
    font-size: 11px;
    font-weight: 650;
    letter-spacing: 0.07em;
    text-transform: uppercase;
    color: var(--muted);
  }
`;
