import "@promptomy/client/element";
import { useState } from "react";
import { createRoot } from "react-dom/client";

function App({ server, imageId }) {
  const [mask, setMask] = useState();
  return (
    <>
      <promptomy-viewer
        server={server}
        image-id={imageId}
        onpromptomy-mask={({ detail }) => setMask(detail)}
        style={{ height: 560 }}
      />
      <output>{mask ? `${mask.area} pixels` : "Click into the image."}</output>
    </>
  );
}

const server = new URL(location.href).searchParams.get("server");
const [{ imageId }] = await (await fetch(new URL("v1/studies", server))).json();
createRoot(document.querySelector("main")).render(<App server={server} imageId={imageId} />);
globalThis.host = {};
