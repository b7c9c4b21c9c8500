import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "@fontsource-variable/atkinson-hyperlegible-next/wght-italic.css";
import "@fontsource-variable/atkinson-hyperlegible-mono/wght.css";
import "./styles/base.css";
import { flushSync, mount } from "svelte";
import { openBackend } from "./backend";
import { WindowState } from "./run.svelte";
import { asUiError } from "./state/ui-error";
import type { AppEvent } from "./contract";
import App from "./views/App.svelte";
import CannotStart from "./views/CannotStart.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");

const backend = await openBackend();
try {
  // Events may come before the window can take them: they wait.
  let ui: WindowState | null = null;
  const early: AppEvent[] = [];
  await backend.watch((event) => (ui ? ui.send({ is: "event", event }) : early.push(event)));
  ui = new WindowState(backend, await backend.boot());
  mount(App, { target, props: { ui } });
  flushSync();
  for (const event of early) ui.send({ is: "event", event });
  ui.begin();
} catch (reason) {
  console.error(reason);
  mount(CannotStart, { target, props: { error: asUiError(reason), language: navigator.language } });
}
performance.mark("usable"); // for scripts/measure-window
// Not from an animation frame: a window that is still hidden may have none.
backend.uiReady().catch((reason: unknown) => console.error(reason));
