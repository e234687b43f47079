import { createApp } from "vue";
import App from "./App.vue";

const server = new URL(location.href).searchParams.get("server");
const [{ imageId }] = await (await fetch(new URL("v1/studies", server))).json();
createApp(App, { server, imageId }).mount("main");
globalThis.host = {};
