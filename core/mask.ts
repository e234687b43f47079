/** A binary mask, row-major, one byte a pixel: 1 inside, 0 outside. */
export interface Mask {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** A mask with what the model says of it. */
export interface ScoredMask extends Mask {
  /** The model's guess of its own IoU, 0 to 1. */
  readonly predictedIou: number;
  /** IoU of the masks at logit thresholds +1 and −1 (Kirillov et al. 2023, "stability score"). */
  readonly stabilityScore: number;
  /** Decoder logits before upscaling, `[logits.size, logits.size]` of the manifest, threshold 0. May return as `previous`. */
  readonly lowResLogits: Float32Array;
}
