"use client";
// A client component. Next.js renders it once without a browser too, where the import of the element does nothing.
import "@promptomy/client/element";
import { createSegmenter } from "@promptomy/client";
import { useEffect, useState } from "react";
import { clickLiver } from "../../click.js";

export default function Page() {
  const [opened, setOpened] = useState();
  const [mask, setMask] = useState();
  useEffect(() => {
    const server = new URL(location.href).searchParams.get("server");
    start(server).then(setOpened);
  }, []);
  return (
    <main>
      {opened && (
        <promptomy-viewer {...opened} onpromptomy-mask={({ detail }) => setMask(detail)} style={{ height: 560 }} />
      )}
      <output>{mask ? `${mask.area} pixels` : "Click into the image."}</output>
    </main>
  );
}

async function start(server) {
  const segmenter = await createSegmenter({ server, decode: "wasm" });
  const [{ imageId }] = await segmenter.studies();
  globalThis.host = { click: () => clickLiver(segmenter) };
  return { server, "image-id": imageId };
}
