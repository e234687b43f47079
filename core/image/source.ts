/**
 * Where an image came from in DICOM: what an export needs to refer back to it. This is patient data. It lies beside the
 * voxels with the same restricted rights and never enters an `ImageInfo` by itself, a log, a metric or an error.
 */

/** One value as the file writes it: a character a byte, in the character set of attribute 00080005. */
export interface SourceAttribute {
  readonly vr: string;
  readonly value: string;
}

/** The DICOM frame that slice k of the volume shows. */
export interface SliceSource {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  /** Counts from 1, as DICOM does; 1 in a single-frame object. */
  readonly frame: number;
}

export interface ImageSource {
  readonly studyInstanceUid: string;
  readonly seriesInstanceUid: string;
  /** Absent where the images share no coordinate system with others (ultrasound, photographs). */
  readonly frameOfReferenceUid?: string;
  /** One for each slice, in the order of k. */
  readonly slices: readonly SliceSource[];
  /** Patient, study and series attributes that a SEG repeats (PS3.3 A.51), by tag as eight hex digits. */
  readonly attributes: Readonly<Record<string, SourceAttribute>>;
}
