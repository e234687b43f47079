/** Everything that a key, the pointer or an element can ask of the viewer. */
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { Slice } from "../../../core/image/volume.ts";
import type { MatchingFor } from "../../../core/text/completion.ts";
import type { ListedTerm } from "../../../core/wire/index.ts";
import type { Preview } from "../annotate/preview.ts";
import type { Prompts } from "../annotate/prompts.ts";
import type { GroupActions } from "../annotate/segment-actions.ts";
import type { Connection } from "../context/connection.ts";
import type { Notifier } from "../context/notifier.ts";
import type { Edits } from "../edit/edits.ts";
import type { Imports } from "../edit/imports.ts";
import type { Strokes } from "../edit/strokes.ts";
import type { Exports } from "../export/exports.ts";
import type { Detail } from "../image/detail.ts";
import type { Images } from "../image/images.ts";
import type { ViewControls } from "../image/view.ts";
import type { Keeper } from "../kept/keeper.ts";
import type { Measures } from "../measure/measures.ts";
import type { Finding } from "../naming/finding.ts";
import type { Phrases } from "../naming/phrases.ts";
import type { Store } from "../state/store.ts";
import type { Studies } from "../studies/studies.ts";
import type { Propagation } from "../volume/propagation.ts";
import type { ReadySurfaces } from "../volume/ready-surfaces.ts";
import type { Tour } from "../volume/tour.ts";
import type { Commands } from "./commands.ts";
import type { Shortcuts } from "./shortcuts.ts";

export interface Controls {
  readonly store: Store;
  readonly notifier: Notifier;
  readonly connection: Connection;
  readonly images: Images;
  readonly detail: Detail;
  readonly studies: Studies;
  readonly prompts: Prompts;
  readonly strokes: Strokes;
  readonly edits: Edits;
  readonly imports: Imports;
  readonly preview: Preview;
  readonly measures: Measures;
  readonly groups: GroupActions;
  readonly view: ViewControls;
  readonly exports: Exports;
  readonly keeper: Keeper;
  readonly propagation: Propagation;
  /** Fills the gaps between settled slices of the active segment by their shapes, here and without the model. */
  interpolate(): void;
  readonly tour: Tour;
  readonly surfaces: ReadySurfaces;
  readonly finding: Finding;
  readonly phrases: Phrases;
  readonly commands: Commands;
  readonly shortcuts: Shortcuts;
  /** Names that a text prompt may say; empty while the server does not answer. */
  vocabulary(): Promise<readonly ListedTerm[]>;
  /** Names that a phrase may mean which is no name; none while the server does not answer. */
  namesMeant(phrase: string, wanted: MatchingFor): Promise<readonly string[]>;
  /** Stored pixels of a slice. */
  pixels(place: SliceRef): Promise<Slice>;
  /** Where pixels go. */
  readonly server: URL | null;
  /** Keys and dropped files of this are the viewer's: the document, or the viewer's own element in somebody else's page. */
  readonly scope: EventTarget;
}
