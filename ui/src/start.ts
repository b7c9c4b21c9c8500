// The window that says why the program cannot start, and what can be done.
import "@fontsource-variable/atkinson-hyperlegible-next/wght.css";
import "./styles/base.css";
import { mount } from "svelte";
import { openStartBackend } from "./backend";
import Start from "./views/Start.svelte";
import { StartRun } from "./run-start.svelte";

const target = document.getElementById("app");
if (!target) throw new Error("the page has no #app");
mount(Start, { target, props: { run: new StartRun(await openStartBackend()) } });
