import { css } from "lit";

export const stageStyles = css`
  canvas {
    cursor: crosshair;
    outline-offset: -3px;
  }
  canvas.brush,
  canvas.eraser {
    cursor: none;
  }
  canvas.pan {
    cursor: grab;
  }
  canvas.pan:active {
    cursor: grabbing;
  }
  canvas.window {
    cursor: ns-resize;
  }
  .corner {
    position: absolute;
    pointer-events: none;
    text-shadow:
      0 0 3px #000,
      0 1px 2px #000;
    color: #c9d2dc;
    font-size: 12px;
  }
  .corner {
    display: flex;
    flex-direction: column;
    gap: 1px;
    white-space: pre;
  }
  .corner strong {
    font-weight: 600;
    color: #f2f5f8;
  }
  .quiet {
    color: #98a4b1;
  }
  .top {
    top: 11px;
  }
  .bottom {
    bottom: 11px;
  }
  .left {
    left: 14px;
  }
  .right {
    right: 14px;
    text-align: right;
  }
  .edge {
    font-size: 14px;
  }
  .scale i {
    display: block;
    height: 6px;
    border: 1.5px solid #f2f5f8;
    border-top: 0;
    filter: drop-shadow(0 0 2px #000);
  }
  .notices {
    position: absolute;
    top: 38px;
    left: 0;
    right: 0;
    display: grid;
    justify-items: center;
    gap: 8px;
    pointer-events: none;
  }
  .notices.below {
    translate: 0 44px;
  }
  .progress.below span {
    margin-top: 44px;
  }
  .chip {
    display: flex;
    align-items: center;
    gap: 12px;
    max-width: calc(100% - 24px);
    padding: 5px 6px 5px 14px;
    border-radius: 20px;
    background: var(--float);
    box-shadow: var(--shadow);
    pointer-events: auto;
  }
  .chip small {
    color: var(--muted);
    font-size: 12px;
    white-space: pre;
  }
  .chip .primary {
    border-radius: 15px;
  }
  .chip.hint {
    padding: 7px 16px;
    pointer-events: none;
    animation: appear 400ms 500ms backwards;
  }
  .progress {
    position: absolute;
    inset: 0 0 auto 0;
    pointer-events: none;
  }
  .progress[hidden] {
    display: none;
  }
  .progress i {
    display: block;
    height: 3px;
    background: linear-gradient(90deg, transparent, #5ad1c8, transparent) 0 0 / 40% 100% no-repeat;
    animation: sweep 1.1s linear infinite;
  }
  .progress span {
    position: absolute;
    top: 100%;
    left: 50%;
    translate: -50% 30px;
    padding: 5px 14px;
    border-radius: 16px;
    background: var(--float);
    box-shadow: var(--shadow);
    white-space: nowrap;
    animation: appear 200ms 120ms backwards;
  }
  .progress:not([hidden]) ~ .notices .hint,
  .notices:has(+ .progress:not([hidden])) .hint {
    visibility: hidden;
  }
  canvas.blank {
    cursor: progress;
  }
  .doubtful {
    border-left: 3px solid var(--warning);
    border-radius: var(--radius);
    pointer-events: none;
  }
  .empty {
    position: absolute;
    inset: 0;
    display: grid;
    place-content: center;
    justify-items: center;
    gap: 6px;
    color: #a3aebb;
    pointer-events: none;
    text-align: center;
  }
  .empty strong {
    color: #e9edf2;
    font-size: 17px;
  }
  candidate-strip {
    position: absolute;
    left: 50%;
    bottom: 14px;
    translate: -50% 0;
  }
  @container (max-width: 640px) {
    candidate-strip {
      scale: 0.6;
      transform-origin: bottom;
      bottom: 6px;
    }
  }
  @keyframes sweep {
    from {
      background-position: -70% 0;
    }
    to {
      background-position: 170% 0;
    }
  }
  @keyframes appear {
    from {
      opacity: 0;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .progress i {
      animation: none;
      background: var(--accent);
    }
    .chip.hint,
    .progress span {
      animation: none;
    }
  }
  @container (max-width: 520px) {
    .corner.bottom.right,
    .quiet {
      display: none;
    }
    candidate-strip {
      bottom: 46px;
    }
    .notices {
      top: 62px;
    }
    .progress span {
      translate: -50% 56px;
    }
    .chip.hint {
      font-size: 12px;
      padding: 5px 12px;
    }
    .chip {
      flex-wrap: wrap;
      justify-content: center;
      border-radius: 14px;
      padding: 8px 12px;
    }
  }
  @container (max-width: 260px) {
    .corner.top.right,
    .edge.top {
      display: none;
    }
    candidate-strip {
      scale: 0.42;
      bottom: 8px;
    }
    .scale {
      bottom: 50px;
    }
  }
  /* Low: in a corner and small, or it would hide the mask that it belongs to. */
  @media (max-height: 560px) {
    candidate-strip {
      left: auto;
      right: 6px;
      bottom: 6px;
      scale: 0.55;
      translate: none;
      transform-origin: bottom right;
    }
    .quiet,
    .corner.bottom.right {
      display: none;
    }
  }
`;
