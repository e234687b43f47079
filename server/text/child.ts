/** Entry of the text encoder's process: a text in, the structures that are near it out. */
import { serveTasks } from "../processes/serve-tasks.ts";
import { openTextEncoder } from "./encoder.ts";
import { openTextFolder } from "./folder.ts";
import { learnNames } from "./learned.ts";
import { nearestOf } from "./meanings.ts";
import type { TextResult, TextSetup, TextTask } from "./protocol.ts";

serveTasks<TextSetup, TextTask, TextResult>(async (setup) => {
  let opened: ReturnType<typeof open> | undefined;
  const once = () => {
    opened ??= open(setup);
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return async (task) => {
    const { encoder, known } = await once();
    if (task.kind === "learn") return {};
    const [vector] = await encoder.encode([task.text]);
    return vector ? nearestOf(vector, known) : {};
  };
});

async function open(setup: TextSetup) {
  const folder = await openTextFolder(setup.dir);
  const encoder = await openTextEncoder(folder, setup);
  return { encoder, known: await learnNames(setup, folder, encoder) };
}
