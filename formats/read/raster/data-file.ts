/** What a header says of the file in which its voxels lie. */
export interface DataFile {
  /** As the header gives it; only its last part is compared, with the names of the files given. */
  readonly name?: string;
  /** Bytes when it is not compressed; undefined when the header does not say. */
  readonly length?: number;
}
