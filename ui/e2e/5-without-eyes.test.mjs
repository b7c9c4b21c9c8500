// The window as a person uses it who sees nothing: by keys alone, with what a screen reader is told and what is spoken.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { keys } from "./desktop.mjs";
import { listen, speechService, tree } from "./ears.mjs";
import { eventually, newHome, sleep, Window } from "./window.mjs";

let window, service, reader;
const home = newHome();
before(async () => {
  service = await speechService();
  const env = { ...service.env, NO_AT_BRIDGE: "0", HOME: home, XDG_DOCUMENTS_DIR: home };
  window = await Window.open({ home, env, settings: ["prepare-while-typing = false", "speech-rate = -100"] });
  await eventually("the window is in the accessibility tree", () => tree(window.pid).some((one) => one.role === "document web"));
  reader = await listen(window.pid);
  spawnSync("xdotool", ["search", "--sync", "--onlyvisible", "--pid", String(window.pid), "windowactivate", "--sync"]);
});
after(async () => {
  reader?.end();
  await window?.close();
  await service?.end();
});

/** The page's element with the focus, in a word. */
const focused = () => window.js("const it = document.activeElement; return it?.dataset.testid ?? it?.getAttribute('aria-label') ?? it?.tagName");
/** Presses Tab until something has the focus. */
async function tabTo(testid, most = 60) {
  for (let i = 0; i < most; i += 1) {
    if ((await focused()) === testid) return;
    keys("Tab");
    await sleep(60);
  }
  throw new Error(`Tab does not come to ${testid}, but to ${await focused()}`);
}
const type = (text) => spawnSync("xdotool", ["type", "--delay", "30", text]);

/** Every control has a name, and can be reached. */
function checkTree() {
  const all = tree(window.pid);
  const roles = new Set(["push button", "toggle button", "entry", "slider", "check box", "combo box", "page tab", "link", "menu item"]);
  const controls = all.filter((one) => roles.has(one.role) && one.states.includes("showing"));
  assert.ok(controls.length > 0, JSON.stringify(all));
  assert.deepEqual(controls.filter((one) => one.name === ""), [], "controls without a name");
  const dead = controls.filter((one) => one.states.includes("enabled") && one.states.includes("sensitive") && !one.states.includes("focusable"));
  assert.deepEqual(dead, [], "controls that keys cannot reach");
  return all;
}

test("the tree has landmarks, and every control a name", () => {
  const all = checkTree();
  const landmarks = all.filter((one) => one.role === "landmark" || one.role === "status bar" || one.role === "log");
  assert.ok(landmarks.length >= 2, JSON.stringify(landmarks));
});

test("a picture is chosen and asked about by keys alone", async () => {
  await tabTo("sample-dialog");
  keys("Return");
  await eventually("the question has the focus", async () => (await focused()) === "question");
  keys("ctrl+a");
  type("What does the button say?");
  await eventually("it is typed", async () => (await window.js("return document.activeElement.value")) === "What does the button say?");
  reader.events.length = 0;
  keys("Return");
  const answer = await window.answered(1);
  assert.ok(answer.length > 0);
  await eventually("the end is announced", () => reader.announced().some((text) => /complete/.test(text)));
  const announced = reader.announced().map((text) => text.trim());
  // Each phase once, the answer between its beginning and its end, and never in pieces.
  for (const phase of ["The question is on its way.", "The answer begins.", "The answer is complete."]) {
    assert.equal(announced.filter((text) => text === phase).length, 1, JSON.stringify(announced));
  }
  const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");
  const sentences = announced.filter((text) => letters(answer).includes(letters(text)));
  assert.equal(letters(sentences.join("")), letters(answer), JSON.stringify(announced));
  const order = ["The question is on its way.", "The answer begins.", ...sentences, "The answer is complete."];
  assert.deepEqual(announced.filter((text) => order.includes(text)), order);
  assert.equal(await focused(), "question", "the focus was not taken");
  checkTree();
});

test("the answer is read aloud, paused, and stopped by keys", async () => {
  keys("ctrl+j");
  await eventually("the answer has the focus", async () => (await window.js("return document.activeElement.matches('[data-answer]')")) === true);
  keys("space");
  const said = await eventually("it is spoken", () => service.said().length > 0 && service.said());
  const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");
  assert.ok(letters((await window.texts("answer")).at(-1)).startsWith(letters(said[0])), JSON.stringify(said));
  keys("space");
  await eventually("it is paused", async () => (await window.all("resume")).length === 1);
  keys("space");
  await eventually("it goes on", async () => (await window.all("pause")).length === 1);
  keys("Escape");
  await eventually("it is silent", async () => (await window.all("aloud")).length === 0);
});

test("follow up, and back: no key leads into a trap", async () => {
  keys("ctrl+l");
  await eventually("the question has the focus", async () => (await focused()) === "question");
  type("What is the title?");
  keys("Return");
  assert.ok((await window.answered(2)).length > 0);
  const met = new Set();
  for (let i = 0; i < 80; i += 1) {
    keys("Tab");
    await sleep(25);
    met.add(await focused());
  }
  assert.ok(met.has("question") && met.size > 8, [...met].join(", "));
  keys("ctrl+k");
  await eventually("the palette is there", async () => (await window.js("return document.querySelector('dialog[open]') !== null")) === true);
  checkTree();
  keys("Escape");
  await eventually("it is gone", async () => (await window.js("return document.querySelector('dialog[open]') === null")) === true);
});

test("the chat is exported by keys alone", async () => {
  keys("ctrl+shift+e");
  // The system's own dialog: a path can be typed where the name stands.
  await eventually("the dialog is there", () => tree(window.pid).some((one) => one.role === "file chooser" || one.role === "dialog"));
  await sleep(500);
  keys("ctrl+a");
  type(join(home, "kept.html"));
  keys("Return");
  await eventually("the file is there", () => existsSync(join(home, "kept.html")));
});
