import { css } from "lit";

export const nameFieldStyles = css`
  :host {
    position: relative;
    display: flex;
    gap: 4px;
    flex: 1;
    min-width: 0;
  }
  button.find {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 36px;
    padding: 0 9px;
    white-space: nowrap;
  }
  form {
    flex: 1;
    min-width: 0;
    position: relative;
    display: flex;
  }
  form > svg {
    position: absolute;
    left: 11px;
    top: 9px;
    color: var(--muted);
    pointer-events: none;
  }
  input {
    width: 100%;
    height: 36px;
    padding: 0 62px 0 36px;
    border: 1px solid var(--edge);
    border-radius: var(--radius);
    background: var(--ground);
  }
  input::placeholder {
    color: var(--muted);
    opacity: 1;
  }
  input:focus-visible {
    outline-offset: 0;
    border-color: transparent;
  }
  kbd {
    position: absolute;
    right: 40px;
    top: 10px;
    pointer-events: none;
  }
  button.browse {
    position: absolute;
    right: 3px;
    top: 3px;
    width: 30px;
    height: 30px;
  }
  .popup {
    position: absolute;
    z-index: 9;
    left: 0;
    right: 0;
    bottom: calc(100% + 6px);
    border-radius: var(--radius);
    background: var(--raised);
    box-shadow: var(--shadow);
    overflow: hidden;
  }
  .popup p {
    margin: 8px 14px;
    color: var(--muted);
  }
  ul {
    max-height: min(340px, 46dvh);
    margin: 0;
    padding: 4px;
    overflow: auto;
    list-style: none;
  }
  li {
    min-height: 30px;
    padding: 5px 10px;
    border-radius: var(--radius-small);
    cursor: pointer;
  }
  li {
    display: flex;
    justify-content: space-between;
    gap: 12px;
  }
  li.other,
  li.untaught {
    color: var(--muted);
  }
  li small {
    flex: none;
    color: var(--muted);
  }
  li.weak small,
  li.untaught small {
    color: var(--warning);
  }
  li.region,
  li.region:hover {
    min-height: 0;
    padding: 8px 10px 2px;
    background: none;
    color: var(--muted);
    font-size: 11px;
    text-transform: uppercase;
    letter-spacing: 0.06em;
    cursor: default;
  }
  li:hover,
  li[aria-selected="true"] {
    background: var(--hover);
  }
  @container (max-width: 1000px) {
    kbd {
      display: none;
    }
    input {
      padding-right: 36px;
    }
  }
  @container (max-width: 760px) {
    input {
      height: 44px;
      font-size: 16px;
      padding-right: 44px;
    }
    form > svg {
      top: 13px;
    }
    button.browse {
      width: 38px;
      height: 38px;
    }
    li {
      padding: 9px 10px;
    }
  }
`;
