/** OHIF's segmentation mode with prompts above its list of segments; everything else is as OHIF has it. */
import { MODE_ID, PROMPTS_PANEL, panelId } from "./ids.ts";

const BASE = "@ohif/mode-segmentation";
const LABELMAP_PANEL = "@ohif/extension-cornerstone.panelModule.panelSegmentationWithToolsLabelMap";

interface Layout {
  readonly props: { readonly rightPanels?: readonly unknown[] };
}

interface ModeInstance {
  readonly routes: readonly { readonly layoutInstance: Layout }[];
}

interface ModeParameters {
  readonly modeConfiguration?: object;
  /** OHIF's own loader: modes of its build by name. */
  readonly loadModules: (names: readonly string[]) => Promise<readonly Mode[]>;
}

interface Mode {
  modeFactory(given: ModeParameters): ModeInstance | Promise<ModeInstance>;
}

async function modeFactory(given: ModeParameters): Promise<object> {
  const [base] = await given.loadModules([BASE]);
  if (!base) throw new RangeError(`Expected OHIF's "${BASE}", got none.`);
  const instance = await base.modeFactory(given);
  return {
    ...instance,
    ...{ id: MODE_ID, routeName: "promptomy", displayName: "Promptomy" },
    routes: instance.routes.map((route) => ({ ...route, layoutInstance: withPrompts(route.layoutInstance) })),
  };
}

/** Both in one tab: OHIF stacks a list of panels. */
function withPrompts({ props, ...layout }: Layout): Layout {
  const { rightPanels = [] } = props;
  const stacked = rightPanels.map((panel) => (panel === LABELMAP_PANEL ? [panelId(PROMPTS_PANEL), panel] : panel));
  return { ...layout, props: { ...props, rightPanels: stacked } };
}

const mode = { id: MODE_ID, modeFactory };

export default mode;
