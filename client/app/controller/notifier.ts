/** Toasts and screen-reader announcements. */
import { isSegmenterError, toError } from "../../../core/errors.ts";
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
      const detail = isSegmenterError(error) ? sentenceOf(error.detail) : error.message;
      const actions = retry ? [{ label: t.retry, run: retry }] : [];
      push({ tone: "error", text: detail ? `${sentence} ${detail}` : sentence, code, actions });
    },
    info(text, actions = []) {
      const id = push({ tone: "info", text, actions });
      setTimeout(() => dismiss(id), INFO_MS);
    },
    say: (announcement) => store.set({ announcement }),
    dismiss,
  };
}

/** The part of an error's detail that is meant to be read. */
function sentenceOf(detail: object): string {
  const parts = Object.entries(detail).filter(([key]) => key === "reason" || key === "field" || key === "found");
  return parts.map(([key, value]) => (key === "reason" ? String(value) : `${key}: ${String(value)}`)).join(" ");
}
