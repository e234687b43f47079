/** Names that were asked last in this browser: structures, never anything of a patient. */
const KEY = "promptomy-names";
const MOST = 8;

/** Newest first; none where the browser keeps nothing. */
export function latestNames(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((name): name is string => typeof name === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}

export function rememberNames(names: readonly string[]): void {
  const latest = [...new Set([...names, ...latestNames()])].slice(0, MOST);
  try {
    localStorage.setItem(KEY, JSON.stringify(latest));
  } catch {
    // A full or forbidden storage costs the history alone.
  }
}
