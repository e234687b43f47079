/** Toasts and screen-reader announcements. */
import { isSegmenterError, type SegmenterError, toError } from "../../../core/errors.ts";
import { t } from "../i18n/index.ts";
import type { Toast } from "../state/state.ts";
import type { Store } from "../state/store.ts";
import { later } from "./later.ts";
import { isMissingPart } from "./missing-part.ts";

export interface FailureOptions {
  /** Names what went wrong; `settled` with the same name takes the toast away. Default: the sentence. */
  readonly cause?: string;
  readonly retry?: () => void;
}

export interface NoteOptions {
  readonly cause?: string;
  readonly actions?: Toast["actions"];
}

export interface Notifier {
  /** Tells of a failure in one sentence, with its code and, where it helps, a retry. Aborts are no failures. */
  failed(sentence: string, thrown: unknown, options?: FailureOptions): void;
  info(text: string, options?: NoteOptions): void;
  /** What this cause has brought up is over. */
  settled(cause: string): void;
  /** Says it to screen readers. */
  say(text: string): void;
  dismiss(id: number): void;
}

const INFO_MS = 6000;
/** With something to press: long enough to read it and decide. */
const ACTION_MS = 12_000;
/** More than these would take the image's room. */
const MAX_TOASTS = 2;

export function createNotifier(store: Store, ended: AbortSignal): Notifier {
  let nextId = 1;
  const drop = (goes: (toast: Toast) => boolean) =>
    store.update((state) => {
      const toasts = state.toasts.filter((toast) => !goes(toast));
      return toasts.length === state.toasts.length ? state : { ...state, toasts };
    });
  const dismiss = (id: number) => drop((toast) => toast.id === id);
  const push = (toast: Omit<Toast, "id">) => {
    const id = nextId++;
    store.update((state) => {
      const others = state.toasts.filter(({ text, cause }) => text !== toast.text && (!cause || cause !== toast.cause));
      return { ...state, toasts: [...others, { ...toast, id }].slice(-MAX_TOASTS) };
    });
    return id;
  };
  return {
    failed(sentence, thrown, { cause = sentence, retry } = {}) {
      const error = toError(thrown);
      if (isAbort(error)) return;
      const code = isSegmenterError(error) ? error.code : error.name;
      const reload = { label: t.reload, run: () => location.reload() };
      const actions = [...(isMissingPart(error) ? [reload] : []), ...(retry ? [{ label: t.retry, run: retry }] : [])];
      push({ tone: "error", text: textOf(sentence, error), code, actions, cause });
    },
    info(text, { actions = [], cause } = {}) {
      const id = push({ tone: "info", text, actions, ...(cause ? { cause } : {}) });
      later(() => dismiss(id), actions.length > 0 ? ACTION_MS : INFO_MS, ended);
    },
    settled: (cause) => drop((toast) => toast.cause === cause),
    say: (announcement) => store.set({ announcement }),
    dismiss,
  };
}

const isAbort = (error: Error) => error.name === "AbortError" || isSegmenterError(error, "Cancelled");

/** What a dialog says in itself: toasts lie behind it, out of reach. Empty for what was only stopped. */
export function failureText(sentence: string, thrown: unknown): string {
  const error = toError(thrown);
  return isAbort(error) ? "" : textOf(sentence, error);
}

/** The sentence of a failure; what the error itself can say comes after it. */
function textOf(sentence: string, error: Error): string {
  if (isSegmenterError(error, "ServerUnreachable")) return t.errors.connection;
  if (isMissingPart(error)) return `${sentence} ${t.errors.missingPart}`;
  const detail = isSegmenterError(error) ? detailOf(error) : error.message;
  return detail ? `${sentence} ${detail}` : sentence;
}

function detailOf(error: SegmenterError): string {
  if (isSegmenterError(error, "UnsupportedFormat")) return t.errors.format(error.detail.found, error.detail.supported);
  if (isSegmenterError(error, "MalformedFile")) {
    const { format, field, reason } = error.detail;
    return `${format}, ${field}: ${reason}`;
  }
  if (isSegmenterError(error, "TooLarge")) return t.errors.tooLarge(error.detail.what, error.detail.limit);
  if (isSegmenterError(error, "NewerVersion")) return t.errors.newer(error.detail.what, error.detail.version);
  if (isSegmenterError(error, "ImageNotFound")) return t.errors.imageGone;
  if (isSegmenterError(error, "ArchiveFailed")) return t.studies.archiveFailed(error.detail.reason);
  if (isSegmenterError(error, "ArchiveTimeout")) return t.studies.archiveSlow(error.detail.what);
  if (isSegmenterError(error, "ArchiveDenied")) return t.studies.archiveDenied;
  if (isSegmenterError(error, "NotInArchive")) return t.studies.notInArchive;
  return "reason" in error.detail ? error.detail.reason : "";
}
