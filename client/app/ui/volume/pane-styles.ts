import { css } from "lit";

export const paneStyles = css`
  :host {
    min-width: 0;
    min-height: 0;
  }
  .title {
    position: absolute;
    top: 6px;
    left: 8px;
    gap: 8px;
    font-weight: 600;
    color: #f2f5f8;
    text-shadow: 0 0 3px #000;
  }
  .title span {
    font-weight: 400;
    color: #c9d2dc;
  }
  .title:hover:not(:disabled) {
    background: rgb(255 255 255 / 14%);
  }
  .edge {
    font-size: 13px;
  }
  .edge.top {
    top: 8px;
  }
  .edge.bottom {
    bottom: 8px;
  }
  .edge.left {
    left: 10px;
  }
  .edge.right {
    right: 10px;
  }
  @container (max-width: 420px) {
    .edge.top {
      display: none;
    }
  }
  @container (max-width: 260px) {
    .title span {
      display: none;
    }
  }
`;
