// What depends on moments: a real drag, and answers that are stopped, cut, left to wait, or closed upon.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { closeWindow, drag, shown } from "./desktop.mjs";
import { chooseTalker, eventually, newHome, sample, Window } from "./window.mjs";

const home = newHome();
// It talks until it is stopped: the whole chat is longer than any wait here.
const settings = ["max-tokens = 200000", "context = 200000"];
let window;
before(async () => {
  window = await Window.open({ home, settings });
});
after(() => window?.close());

const attached = (n) => eventually(`${n} pictures are attached`, async () => (await window.all("attachment")).length === n);
/** The last message of the chat that a search finds. */
async function lastOf(search) {
  const [{ id }] = (await window.invoke("chats", { search, deleted: false, offset: 0 })).ok;
  return (await window.invoke("chat_open", { id })).ok.messages.at(-1);
}
const isWriting = (search) =>
  eventually(`the answer to ${search} is being kept`, async () => {
    const { end, text } = await lastOf(search);
    return end === null && text.length > 20;
  });

/** Asks about a sample in a chat of its own. */
async function askInNew(name, question) {
  await window.click("new-chat");
  await window.click(`sample-${name}`);
  await attached(1);
  await (await window.find("question")).clear();
  await window.ask(question);
}

test("a file that is dragged in from another window is attached", async () => {
  await drag(window, sample("receipt"), await window.find("drop-zone"));
  await attached(1);
  await window.screenshot("dropped");
});

test("an answer is stopped while it is written", async () => {
  await chooseTalker(window);
  await (await window.find("question")).clear();
  await window.ask("Tell me everything");
  await isWriting("everything");
  await window.stop();
  await window.answered(1);
  const { end, text } = await lastOf("everything");
  assert.equal(end.at, "stopped");
  assert.ok(text.length > 20);
});

test("a kill keeps what there was", async () => {
  await window.ask("And more");
  await isWriting("everything");
  await window.kill();
  window = await Window.open({ home, keepSettings: true });
  const { end, text } = await lastOf("everything");
  assert.equal(end.at, "cut");
  assert.ok(text.length > 20);
});

test("two chats that ask at once are answered one after the other", async () => {
  await eventually("the model is ready", async () => (await window.invoke("boot")).ok.status.state.at === "ready");
  await askInNew("dialog", "The first of two");
  await isWriting("first");
  await askInNew("sign", "The second of two");
  await eventually("it waits", async () => (await window.invoke("boot")).ok.status.nQueued === 1);
  const phase = () => window.js("return document.querySelector('[data-testid=phase]')?.dataset.phase");
  assert.equal(await phase(), "queued");
  assert.equal((await lastOf("first")).end, null);
  await window.screenshot("queued");
  // The other chat's answer is stopped where it is written; then this one's turn has come. A stop that
  // came before the chats have changed places would be for this one.
  await eventually("the first chat is open", async () => {
    const chats = await window.all("chat-item");
    const titles = await window.texts("chat-item");
    await chats[titles.findIndex((title) => title.includes("first of two"))].click();
    return (await phase()) === "text";
  });
  await window.stop();
  await isWriting("second");
  assert.equal((await lastOf("first")).end.at, "stopped");
  assert.ok((await lastOf("first")).text.length > 20);
});

test("a window that is closed while it answers keeps the answer and ends", async () => {
  await isWriting("second");
  const { pid } = window;
  closeWindow(await shown(pid));
  await eventually("the program has ended", () => window.pid === null);
  await window.close();
  window = await Window.open({ home, keepSettings: true });
  const { end, text } = await lastOf("second");
  // Stopped in good order, not cut.
  assert.equal(end.at, "stopped");
  assert.ok(text.length > 20);
});

test("a program that is started while another one closes waits for it", async () => {
  await askInNew("receipt", "The third one");
  await isWriting("third");
  const { driverProgram } = window;
  closeWindow(await shown(window.pid));
  window = await Window.open({ home, keepSettings: true });
  driverProgram.kill();
  assert.equal((await lastOf("third")).end.at, "stopped");
});
