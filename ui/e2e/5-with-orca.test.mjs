// With Debian's screen reader running: what it says, in its own words, and that nobody else speaks.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { keys, type } from "./desktop.mjs";
import { screenReader, speechService } from "./ears.mjs";
import { eventually, newHome, sleep, Window } from "./window.mjs";

let window, service, orca;
const home = newHome();
before(async () => {
  service = await speechService();
  orca = await screenReader(service);
  const env = { ...service.env, NO_AT_BRIDGE: "0", HOME: home };
  // It is to be silent all the same.
  window = await Window.open({ home, env, settings: ["read-aloud = true", "prepare-while-typing = false"] });
  spawnSync("xdotool", ["search", "--sync", "--onlyvisible", "--pid", String(window.pid), "windowactivate", "--sync"]);
});
after(async () => {
  const file = process.env.LORGNETTE_ORCA_LOG;
  if (file) writeFileSync(file, `${orca.said().join("\n")}\n`);
  await window?.close();
  await orca?.end();
  await service?.end();
});

const heard = (text, from = 0) => eventually(`"${text}" is said`, () => {
  const said = orca.said().slice(from);
  if (!said.includes(text)) throw new Error(JSON.stringify(said));
  return true;
}, 15_000);
/** A person waits until it has spoken; it skips what comes while it is behind. */
async function quiet() {
  let before = -1;
  await eventually("the reader is done", async () => {
    const n = orca.said().length;
    const done = n === before;
    before = n;
    if (!done) await sleep(700);
    return done;
  }, 15_000);
}
const focused = () => window.js("return document.activeElement?.dataset.testid ?? ''");

test("it names the window, and nothing that is not there", async () => {
  await heard("Lorgnette frame.");
  const opened = orca.said();
  assert.ok(!opened.includes("notification."), JSON.stringify(opened));
});

test("it names what Tab comes to", async () => {
  for (let i = 0; i < 40 && (await focused()) !== "sample-dialog"; i += 1) {
    keys("Tab");
    await quiet();
  }
  await heard("A dialog What does the button say? push button.");
  const controls = orca.said().filter((words) => /(push button|entry|combo box|slider)/.test(words));
  assert.ok(controls.length > 5, JSON.stringify(controls));
  for (const words of controls) assert.doesNotMatch(words, /^(push button|entry|combo box|slider)/, "a control without a name");
});

test("it tells each phase and the answer, in order, and the program keeps silent", async () => {
  keys("Return");
  await heard("notification 1 picture added.");
  await eventually("the question has the focus", async () => (await focused()) === "question");
  keys("ctrl+a");
  type("What does the button say?", 60);
  await quiet();
  const from = orca.said().length;
  keys("Return");
  const answer = (await window.answered(1)).replace(/[.\s]*$/, "");
  await heard("notification The answer is complete.", from);
  const told = orca.said().slice(from).filter((words) => words.startsWith("notification "));
  assert.deepEqual(told, ["The question is on its way.", "The answer begins.", `${answer}.`, "The answer is complete."].map((words) => `notification ${words}`));
  assert.deepEqual(orca.others(), []);
});
