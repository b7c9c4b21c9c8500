import { configure } from "@testing-library/svelte";
import "./polyfills";

// A loaded machine is slow; a test that waits fails late rather than wrongly. Failures name the query, not the whole page.
configure({ asyncUtilTimeout: 10_000, defaultHidden: true, getElementError: (message) => new Error(message ?? "not found") });
Object.assign(window, { innerWidth: 1280, innerHeight: 800 });
