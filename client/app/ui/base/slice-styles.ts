import { css } from "lit";

/** A canvas that fills its element, and the letters of the patient at its edges. */
export const sliceStyles = css`
  :host {
    position: relative;
    display: block;
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
  .edge {
    position: absolute;
    pointer-events: none;
    text-shadow:
      0 0 3px #000,
      0 1px 2px #000;
    color: #f2b84b;
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
`;
