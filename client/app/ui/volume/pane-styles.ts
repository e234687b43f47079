import { css } from "lit";

export const paneStyles = css`
  :host {
    position: relative;
    display: block;
    min-width: 0;
    min-height: 0;
    overflow: hidden;
    background: var(--canvas);
    container-type: inline-size;
  }
  canvas {
    position: absolute;
    inset: 0;
    width: 100%;
    height: 100%;
    touch-action: none;
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
    position: absolute;
    pointer-events: none;
    text-shadow:
      0 0 3px #000,
      0 1px 2px #000;
    color: #f2b84b;
    font-size: 13px;
    font-weight: 650;
  }
  .edge.left,
  .edge.right {
    top: 50%;
    translate: 0 -50%;
  }
  .edge.top,
  .edge.bottom {
    left: 50%;
    translate: -50% 0;
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
