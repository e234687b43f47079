/**
 * Work without anything that tells of a person, to travel with de-identified images. Those have other UIDs, and so other
 * ids: the work names no image, and is laid on one of its size that is open. Only what is in force is told, not its history.
 */
import type { Code, LogAction } from "../../../core/annotation/entries.ts";
import { replay, segmentsOf } from "../../../core/annotation/log.ts";
import { parseLog, serialiseLog } from "../../../core/annotation/log-file.ts";
import type { Digest } from "../../../core/digest.ts";
import type { SliceRef } from "../../../core/image/slice-ref.ts";
import type { NamedWindow, Window } from "../../../core/image/volume.ts";
import type { Prompt } from "../../../core/wire/index.ts";
import type { Place, Work } from "./work.ts";

/** Stands where an image would be named. */
export const UNNAMED: Digest = `sha256:${"0".repeat(64)}`;

/** Does the file hold work that names no image? Looks at its beginning only. */
export const namesNoImage = async (file: Blob): Promise<boolean> => (await file.slice(0, 512).text()).includes(UNNAMED);

/** Names as ids of a list: the same one for the same old one. */
type Renamed = (id: string) => string;

/** `known` are the terms of the vocabulary, in lower case: other words were typed by somebody and are left out. */
export function withoutIdentity(work: Work, known: ReadonlySet<string>): Work {
  const { done } = parseLog(work.log);
  const [segment, group, measurement] = [renaming("segment"), renaming("group"), renaming("measurement")];
  const groupName = renaming("Group");
  const modality = modalityOf(work.modality);
  const numbers = new Map(
    done.flatMap((action) => (action.kind === "add-segment" ? [[action.segmentId, action.number] as const] : [])),
  );
  const log = replay(
    done.flatMap((action) => cleaned(action, { segment, group, measurement, groupName, known, numbers })),
  );
  return {
    ...{ imageId: UNNAMED, name: `${modality} image`, modality, size: work.size, savedAt: 0 },
    ...{ segments: segmentsOf(log).length, slices: work.slices, log: serialiseLog(log) },
    ...(work.place && { place: placeOf(work.place) }),
    ...(work.activeSegment && { activeSegment: segment(work.activeSegment) }),
    hidden: work.hidden.map(segment),
  };
}

/** The work on an image: the one that it names, or the one that it is laid on. */
export const boundTo = (work: Work, imageId: Digest): Work =>
  work.imageId === UNNAMED ? { ...work, imageId, log: work.log.replaceAll(UNNAMED, imageId) } : work;

function renaming(stem: string): Renamed {
  const ids = new Map<string, string>();
  return (id) => {
    const name = ids.get(id) ?? `${stem}-${ids.size + 1}`;
    ids.set(id, name);
    return name;
  };
}

/** A code string of DICOM; anything else may be a sentence. */
const modalityOf = (text: string): string => (/^[A-Z]{2,4}$/.test(text) ? text : "OT");

const windowOf = ({ center, width }: Window): Window => ({ center, width });
const unnamedWindow = (window: NamedWindow | null) => window && { name: "", ...windowOf(window) };

const placeOf = ({ plane, slice, window, encodeWindow }: Place): Place => ({
  ...{ plane, slice },
  ...{ window: unnamedWindow(window), encodeWindow: unnamedWindow(encodeWindow) },
});

const atOf = ({ plane, slice }: SliceRef): SliceRef => ({ imageId: UNNAMED, plane, slice });

/** A private scheme says what its makers like. */
const codeOf = (code: Code | undefined): { code?: Code } =>
  code && /^(?:SCT|SRT|DCM|FMA|UMLS|RADLEX|NCIt)$/.test(code.scheme)
    ? { code: { scheme: code.scheme, value: code.value, meaning: code.meaning } }
    : {};

interface Cleaning {
  readonly segment: Renamed;
  readonly group: Renamed;
  readonly measurement: Renamed;
  /** Of a group of segments. */
  readonly groupName: Renamed;
  readonly known: ReadonlySet<string>;
  /** Of the segments, by their ids. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** Field by field: what is not named here does not pass. */
function cleaned(action: LogAction, cleaning: Cleaning): LogAction[] {
  const { segment, group, known, numbers } = cleaning;
  /** A word that is known, the meaning of a code, or a number. */
  const plain = ({ name = "", code }: { name?: string; code?: Code }, number: number | undefined) =>
    known.has(name.trim().toLowerCase()) ? name : (codeOf(code).code?.meaning ?? `Segment ${number ?? 0}`);
  const grouped = action.group === undefined ? {} : { group: group(action.group) };
  if (action.kind === "order-segments")
    return [{ kind: action.kind, segmentIds: action.segmentIds.map(segment), ...grouped }];
  if (!("segmentId" in action)) return [{ ...measured(action, cleaning.measurement), ...grouped }];
  const of = { segmentId: segment(action.segmentId), ...grouped };
  switch (action.kind) {
    case "add-segment": {
      const { kind, number, colour } = action;
      return [{ ...of, kind, number, colour, name: plain(action, number), ...codeOf(action.code) }];
    }
    case "change-segment": {
      const { kind, colour, locked, review } = action;
      const code = codeOf(action.code);
      const named = action.name !== undefined || code.code !== undefined;
      const name = named ? { name: plain(action, numbers.get(action.segmentId)) } : {};
      const rest = { ...(colour && { colour }), ...(locked !== undefined && { locked }), ...(review && { review }) };
      return [{ ...of, kind, ...name, ...code, ...rest, ...groupOf(action.groupName, cleaning) }];
    }
    case "remove-segment":
      return [{ ...of, kind: action.kind }];
    case "prompt": {
      const { kind, at, multimask } = action;
      const prompts = action.prompts.flatMap((prompt) => promptOf(prompt, known));
      const crop = at.crop && { x0: at.crop.x0, y0: at.crop.y0, x1: at.crop.x1, y1: at.crop.y1 };
      const seen = {
        window: at.window && windowOf(at.window),
        ...(crop && { crop }),
        ...(at.model && { model: at.model }),
      };
      const more = multimask === undefined ? {} : { multimask };
      return prompts.length === 0 ? [] : [{ ...of, kind, at: { ...atOf(at), ...seen }, prompts, ...more }];
    }
    case "choose":
      return [{ ...of, kind: action.kind, at: atOf(action.at), candidate: action.candidate }];
    case "clear":
      return [{ ...of, kind: action.kind, at: atOf(action.at) }];
    case "masks":
      return [{ ...of, kind: action.kind, origin: action.origin, masks: action.masks.map(keptOf) }];
    default:
      return action satisfies never;
  }
}

/** Someone has typed it: a word that is known, else a number. */
const groupOf = (name: string | undefined, { groupName, known }: Cleaning): { groupName?: string } =>
  name === undefined ? {} : { groupName: name === "" || known.has(name.trim().toLowerCase()) ? name : groupName(name) };

type MeasurementAction = Extract<LogAction, { measurementId: string }>;

function measured(action: MeasurementAction, id: Renamed): MeasurementAction {
  const of = { measurementId: id(action.measurementId), at: atOf(action.at) };
  if (action.kind === "remove-measurement") return { ...of, kind: action.kind };
  const { points, values } = action;
  const read = { points: points.map(([x, y]) => [x, y] as const), ...(values && { values: [...values] }) };
  if (action.kind === "move-measurement") return { ...of, kind: action.kind, ...read };
  return { ...of, kind: action.kind, tool: action.tool, ...read };
}

type Kept = Extract<LogAction, { kind: "masks" }>["masks"][number];

const keptOf = ({ at, mask, predictedIou, byName, doubtful }: Kept): Kept => ({
  ...{ at: atOf(at), mask },
  ...(predictedIou !== undefined && { predictedIou }),
  ...(byName !== undefined && { byName }),
  ...(doubtful !== undefined && { doubtful }),
});

function promptOf(prompt: Prompt, known: ReadonlySet<string>): Prompt[] {
  switch (prompt.kind) {
    case "point":
      return [{ kind: prompt.kind, x: prompt.x, y: prompt.y, label: prompt.label }];
    case "box":
      return [{ kind: prompt.kind, x0: prompt.x0, y0: prompt.y0, x1: prompt.x1, y1: prompt.y1 }];
    case "scribble":
    case "lasso":
      return [{ kind: prompt.kind, points: prompt.points, label: prompt.label }];
    case "mask":
      return [{ kind: prompt.kind, rle: { size: prompt.rle.size, counts: prompt.rle.counts } }];
    case "text": {
      const { kind, text, beyond } = prompt;
      return known.has(text.trim().toLowerCase()) ? [{ kind, text, ...(beyond && { beyond }) }] : [];
    }
    default:
      return prompt satisfies never;
  }
}
