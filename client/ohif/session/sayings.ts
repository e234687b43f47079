/** What a user of OHIF is told. English only, as OHIF's own segmentation panel says it. */
import { isSegmenterError } from "../../../core/errors.ts";

export function sayingOf(thrown: unknown): string {
  if (isSegmenterError(thrown, "UnknownTerm")) {
    const { suggestions } = thrown.detail;
    return `This name is not known.${suggestions.length > 0 ? ` Perhaps ${suggestions.join(", ")}?` : ""}`;
  }
  if (isSegmenterError(thrown, "InvalidPrompt")) return `This prompt cannot be meant: ${thrown.detail.reason}.`;
  if (isSegmenterError(thrown, "SliceNotFound")) return "There is no slice at this place.";
  if (isSegmenterError(thrown, "Saturated")) return "The server is busy. Try again in a moment.";
  if (isSegmenterError(thrown, "ServerUnreachable"))
    return `The segmentation server does not answer. ${thrown.detail.hint ?? thrown.detail.reason}`;
  return thrown instanceof Error ? thrown.message : String(thrown);
}
