/** Toasts and screen-reader announcements. */
import { isSegmenterError, type SegmenterError, toError } from "../../../core/errors.ts";
import { t } from "../i18n.ts";
import type { Toast } from "../state/state.ts";
import type { Store } from "../state/store.ts";

export interface Notifier {
  /** Tells of a failure in one sentence, with its code and, where it helps, a retry. Aborts are no failures. */
  failed(sentence: string, thrown: unknown, retry?: () => void): void;
  info(text: string, actions?: Toast["actions"]): void;
  /** Says it to screen readers. */
  say(text: string): void;
  dismiss(id: number): void;
}

const INFO_MS = 6000;
const MAX_TOASTS = 4;

export function createNotifier(store: Store): Notifier {
  let nextId = 1;
  const dismiss = (id: number) =>
    store.update((state) => ({ ...state, toasts: state.toasts.filter((toast) => toast.id !== id) }));
  const push = (toast: Omit<Toast, "id">) => {
    const id = nextId++;
    store.update((state) => {
      const others = state.toasts.filter((other) => other.text !== toast.text);
      return { ...state, toasts: [...others, { ...toast, id }].slice(-MAX_TOASTS) };
    });
    return id;
  };
  return {
    failed(sentence, thrown, retry) {
      const error = toError(thrown);
      if (error.name === "AbortError" || isSegmenterError(error, "Cancelled")) return;
      const code = isSegmenterError(error) ? error.code : error.name;
      const actions = retry ? [{ label: t.retry, run: retry }] : [];
      push({ tone: "error", text: textOf(sentence, error), code, actions });
    },
    info(text, actions = []) {
      const id = push({ tone: "info", text, actions });
      setTimeout(() => dismiss(id), INFO_MS);
    },
    say: (announcement) => store.set({ announcement }),
    dismiss,
  };
}

/** The sentence of a failure; what the error itself can say comes after it. */
function textOf(sentence: string, error: Error): string {
  if (isSegmenterError(error, "ServerUnreachable")) return t.errors.connection;
  if (isSegmenterError(error, "UnknownTerm")) return t.errors.unknownTerm(error.detail.text, error.detail.suggestions);
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
  return "reason" in error.detail ? error.detail.reason : "";
}
