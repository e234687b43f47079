/** OHIF draws panels by React and hands extensions none. Its elements are plain values, and one of its own shows their kind. */
import type { OhifParameters } from "./session/types.ts";

/** Of every stock OHIF; its component makes an element and uses no hook. */
const SAMPLE = "@ohif/extension-default.panelModule.seriesList";

/** A component that draws one custom element. */
export function drawing({ extensionManager }: Pick<OhifParameters, "extensionManager">, tag: string, attributes = {}) {
  return (): unknown => ({
    ...sampleOf(extensionManager.getModuleEntry(SAMPLE)?.component),
    ...{ type: tag, props: attributes, key: null, ref: null },
  });
}

/** React 18 and 19 mark elements differently. */
function sampleOf(component: unknown): object {
  const element: unknown = typeof component === "function" ? component({}) : undefined;
  if (typeof element !== "object" || element === null || !("$$typeof" in element))
    throw new RangeError(`Expected OHIF's panel "${SAMPLE}", got none.`);
  return element;
}
