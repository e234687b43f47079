/** The last step of every DICOM writer. */
import { deidentified } from "./deidentify.ts";
import { type DicomObject, writeDicom } from "./encode.ts";
import { type Provenance, uidOf } from "./provenance.ts";

/** The object as a file, without anybody's identity where that is asked for. */
export function writeObject(object: DicomObject, provenance: Provenance): Uint8Array<ArrayBuffer> {
  const { deidentify } = provenance;
  if (!deidentify) return writeDicom(object);
  const remap = (uid: string) => uidOf(provenance, "deidentified", deidentify.secret, uid);
  const elements = deidentified(object.elements, remap);
  return writeDicom({ ...object, sopInstanceUid: remap(object.sopInstanceUid), elements });
}
