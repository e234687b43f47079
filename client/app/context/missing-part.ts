/** Parts of the page that are fetched when they are first needed: a server that was updated meanwhile has others. */

/** What browsers say when a module of the page cannot be fetched. None of them gives it a name or a code of its own. */
const SAID = /dynamically imported module|importing a module script|module script failed/i;

export const isMissingPart = (thrown: unknown): boolean => thrown instanceof TypeError && SAID.test(thrown.message);
