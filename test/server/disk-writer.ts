/** A process that writes 1 MiB entries for ever, to be killed. Says when it has written the first, or what the store told. */

import { diskStore } from "../../server/stores/disk.ts";
import { bytesOf, idOf } from "./entries.ts";

const [, , dir = ""] = process.argv;
const store = await diskStore({ dir, maxBytes: 2 ** 30, observe: (event) => process.send?.(event) });
const content = bytesOf(process.pid, 2 ** 20);
const first = process.pid * 1000;
for (let n = first; ; n++) {
  await store.set(idOf(n % 100_000), content);
  if (n === first) process.send?.({ kind: "wrote" });
}
