/** Server-sent events of a fetch response (WHATWG HTML §9.2), as far as our server uses them: `event` and one-line `data`. */
export async function* readEvents(response: Response): AsyncGenerator<{ event: string; data: unknown }> {
  if (!response.body) return;
  let pending = "";
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (pending + value).split(/\r?\n\r?\n/);
      pending = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = field(block, "data");
        if (data !== undefined) yield { event: field(block, "event") ?? "message", data: JSON.parse(data) };
      }
    }
  } finally {
    // Whoever has read enough lets go of the connection.
    reader.cancel().catch(() => {});
  }
}

function field(block: string, name: string): string | undefined {
  const line = block.split(/\r?\n/).find((candidate) => candidate.startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}
