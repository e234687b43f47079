import { css } from "lit";

/** A list of rows with what each is on the left: recent work, series, studies. */
export const rowListStyles = css`
  ul {
    display: grid;
    gap: 6px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li {
    display: flex;
    align-items: center;
    border-radius: var(--radius);
    background: var(--ground);
    box-shadow: inset 0 0 0 1px var(--line);
  }
  .what {
    flex: 1;
    min-width: 0;
  }
  strong {
    display: block;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  small {
    color: var(--muted);
  }
`;
