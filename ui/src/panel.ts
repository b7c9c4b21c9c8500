// The small panel with the answer to a quick action.
import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "@fontsource-variable/atkinson-hyperlegible-next/wght-italic.css";
import "@fontsource-variable/atkinson-hyperlegible-mono/wght.css";
import "./styles/base.css";
import { mount } from "svelte";
import { openPanelBackend } from "./backend";
import { PanelRun } from "./run-panel.svelte";
import Panel from "./views/Panel.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
mount(Panel, { target, props: { run: new PanelRun(await openPanelBackend()) } });
