/** Puts the viewer's parts together: one store, its controllers, and the segmenter they share. */

import { createTransport } from "../http/transport.ts";
import { createSegmenter, type Segmenter } from "../index.ts";
import { type Commands, createCommands } from "./controller/commands.ts";
import type { Context } from "./controller/context.ts";
import { createDecoder } from "./controller/decoder.ts";
import { createEncoder } from "./controller/encoder.ts";
import { createNotifier, type Notifier } from "./controller/notifier.ts";
import { persistSession } from "./controller/persist.ts";
import { createPreview, type Preview } from "./controller/preview.ts";
import { createPrompts, type Prompts } from "./controller/prompts.ts";
import { createStudies, type Studies } from "./controller/study.ts";
import { createViewControls, type ViewControls } from "./controller/view.ts";
import { t } from "./i18n.ts";
import { createShortcuts, type Shortcuts } from "./input/shortcuts.ts";
import { initialState } from "./state/state.ts";
import { createStore, type Store } from "./state/store.ts";

export interface App {
  readonly store: Store;
  readonly notifier: Notifier;
  readonly studies: Studies;
  readonly prompts: Prompts;
  readonly preview: Preview;
  readonly view: ViewControls;
  readonly commands: Commands;
  readonly shortcuts: Shortcuts;
  /** Where pixels go. */
  readonly server: URL;
}

/** The viewer without its elements; `start` it once. */
export function createApp(server: URL): App & { start(): void } {
  const store = createStore(initialState);
  const notifier = createNotifier(store);
  const transport = createTransport(server);
  const context: Context = { store, notifier, transport, segmenter: segmenterOnce(server, store) };

  const encoder = createEncoder(context, () => decoder.sync());
  const decoder = createDecoder(context, encoder);
  const prompts = createPrompts(context, decoder.sync);
  const preview = createPreview(context);
  const studies = createStudies(context, encoder, () => {
    decoder.reset();
    decoder.sync();
  });
  const view = createViewControls(store);
  const commands = createCommands({ store, prompts, studies, view });
  const shortcuts = createShortcuts();

  const start = () => {
    persistSession(store);
    void studies.start();
    void loadModel(context).catch((thrown: unknown) => notifier.failed(t.errors.start, thrown));
  };
  return { store, notifier, studies, prompts, preview, view, commands, shortcuts, server, start };
}

/** Starts the decoder on first use, and again after a failed start. */
function segmenterOnce(server: URL, store: Store): () => Promise<Segmenter> {
  let made: Promise<Segmenter> | undefined;
  return () => {
    made ??= createSegmenter({ server, onStatus: (engine) => store.set({ engine }) }).catch((thrown: unknown) => {
      made = undefined;
      throw thrown;
    });
    return made;
  };
}

/** What the badge and the prompt bar need to know of the model. */
async function loadModel({ store, transport, segmenter }: Context) {
  const { status } = await segmenter();
  const { name, prompts } = await transport.json<NonNullable<(typeof initialState)["model"]>>(
    `v1/models/${encodeURIComponent(status.model)}`,
  );
  store.set({ model: { name, prompts } });
}
