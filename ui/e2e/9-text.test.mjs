// The text of a picture: an own screenshot comes in, and its text is selected, copied, searched, heard, and found again.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { chooseFile, keys, press, type } from "./desktop.mjs";
import { speechService, tree } from "./ears.mjs";
import { eventually, newHome, sleep, Window } from "./window.mjs";

const home = newHome();
const out = join(home, "out");
mkdirSync(out);
let window, service;

const open = (more = {}) => Window.open({ home, env: { ...service.env, NO_AT_BRIDGE: "0", HOME: home, XDG_DOCUMENTS_DIR: home }, settings: ["speech-rate = -100", "prepare-while-typing = false"], ...more });
before(async () => {
  service = await speechService();
  window = await open();
});
after(async () => {
  await window?.close();
  await service?.end();
});

const plain = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");
const lines = () => window.js("return [...document.querySelectorAll('[data-testid=text-line]')].map((one) => one.textContent)");
const marks = (kind) => window.js("return Number(document.querySelector(`[data-mark=${arguments[0]}]`)?.dataset.n ?? 0)", kind);
const clipboard = () => spawnSync("xclip", ["-selection", "clipboard", "-o"], { encoding: "utf8" }).stdout;

/** What is in the clipboard after something was done that copies. */
async function copiedBy(act) {
  spawnSync("xclip", ["-selection", "clipboard", "-i"], { input: "nothing yet", stdio: ["pipe", "ignore", "ignore"] });
  await act();
  return eventually("it is copied", () => clipboard() !== "nothing yet" && clipboard());
}

/** Where a line is on the page, in pixels. */
const rectOf = (text) =>
  window.js(
    `const line = [...document.querySelectorAll("[data-testid=text-line]")].find((one) => one.textContent === arguments[0]);
     const { left, top, width, height } = line.getBoundingClientRect();
     return { left, top, width, height };`,
    text,
  );

/** Drags from one place of the page to another, as a hand does. */
async function dragOver(from, to) {
  const at = ({ x, y }) => ({ x: Math.round(x), y: Math.round(y), duration: 60 });
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  await window.driver.actions({ async: true }).move(at(from)).press().move(at(middle)).move(at(to)).release().perform();
}

test("a screenshot of one's own has its text on it", async () => {
  const shown = await window.js("return document.querySelector('.empty').innerText");
  const picture = join(out, "own screenshot.png");
  writeFileSync(picture, await window.driver.takeScreenshot(), "base64");
  await chooseFile(window, "ctrl+o", picture);
  await window.find("attachment");
  const since = Date.now();
  const read = await eventually("its lines are there", async () => (await lines()).length > 5 && lines());
  console.log(`text on the picture ${Date.now() - since} ms after it was shown, ${read.length} lines`);
  const all = plain(read.join(""));
  const missing = shown.split("\n").map(plain).filter((line) => line.length > 8 && !all.includes(line));
  assert.ok(missing.length <= 1, `not read: ${missing}`);
  await window.screenshot("text-shown");
});

test("text is selected with the mouse and copied in reading order", async () => {
  const read = await lines();
  const [first, last] = [read.findIndex((line) => /^Show it a/.test(line)), read.findIndex((line) => /^Drop a picture/.test(line))];
  assert.ok(first >= 0 && last > first, JSON.stringify(read));
  const [from, to] = [await rectOf(read[first]), await rectOf(read[last])];
  // As people drag: to just behind the last letter, which is two pixels wide on a picture of this size.
  await dragOver({ x: from.left + 1, y: from.top + from.height / 2 }, { x: to.left + to.width + 2, y: to.top + to.height / 2 });
  assert.ok((await marks("selected")) >= 2);
  await window.screenshot("text-selected");
  const copied = await copiedBy(() => press(window, "ctrl+c"));
  assert.equal(copied.replace(/\n+/g, "\n"), read.slice(first, last + 1).join("\n"));

  // Dragging beside text still moves the picture, and selects nothing.
  const place = () => window.js("const { left, top } = document.querySelector('.sheet').getBoundingClientRect(); return [left, top]");
  await window.js("document.querySelector('.canvas').dispatchEvent(new WheelEvent('wheel', { deltaY: -400, clientX: 300, clientY: 300, bubbles: true, cancelable: true }))");
  const before = await place();
  const free = await window.js(`
    const box = document.querySelector(".canvas").getBoundingClientRect();
    for (let y = box.top + 20; y < box.bottom - 20; y += 8) for (let x = box.left + 20; x < box.right - 60; x += 8) {
      if (!document.elementFromPoint(x, y).closest(".line")) return { x, y };
    }`);
  await dragOver(free, { x: free.x + 40, y: free.y + 25 });
  assert.notDeepEqual(await place(), before);
  assert.equal(await marks("selected"), 0);
  await press(window, "alt+0");
});

test("text is gone through, selected and copied by keys", async () => {
  await press(window, "ctrl+shift+g");
  await eventually("the text has the focus", () => window.js("return document.activeElement.matches('[data-testid=text-layer]')"));
  const read = await lines();
  keys("ctrl+Home");
  keys("shift+End");
  await eventually("the first line is selected", async () => (await marks("selected")) === 1);
  const one = await copiedBy(() => keys("ctrl+c"));
  assert.equal(one, read[0]);
  keys("ctrl+a");
  await window.screenshot("text-keys");
  const all = await copiedBy(() => keys("ctrl+c"));
  assert.equal(plain(all), plain(read.join("")));
  const byAction = await copiedBy(() => keys("ctrl+shift+a"));
  assert.equal(byAction, all);
});

test("a screen reader gets the lines in order, beside the picture's name", async () => {
  const all = await eventually("the document is in the tree", () => {
    const found = tree(window.pid);
    return found.some((one) => /document/.test(one.role) && one.name === "Text in the picture") && found;
  });
  const from = all.findIndex((one) => one.name === "Text in the picture");
  const inside = all.slice(from + 1).filter((one) => one.depth > all[from].depth);
  const heard = inside.map((one) => one.text || one.name).filter(Boolean);
  const read = await lines();
  const order = read.map((line) => heard.findIndex((text) => text.includes(line)));
  assert.ok(order.every((at) => at >= 0), JSON.stringify({ read, heard }));
  assert.deepEqual(order, order.toSorted((a, b) => a - b));
  assert.ok(all.some((one) => one.name.includes("own screenshot.png")));
});

test("words are found in the picture", async () => {
  await press(window, "ctrl+shift+f");
  await eventually("the field has the focus", () => window.js("return document.activeElement.matches('[data-testid=find-field]')"));
  keys("ctrl+a");
  type("PICTURE");
  await eventually("it is typed", () => window.js("return document.activeElement.value === 'PICTURE'"));
  const count = await eventually("places are counted", async () => /^1 of \d+$/.test((await window.texts("find-count"))[0]) && (await window.texts("find-count"))[0]);
  const n = Number(count.split(" ").at(-1));
  assert.ok(n >= 2, count);
  assert.equal((await marks("found")) + (await marks("current")), n);
  keys("Return");
  await eventually("the next one is current", async () => (await window.texts("find-count"))[0] === `2 of ${n}`);
  keys("shift+Return");
  await eventually("and the one before", async () => (await window.texts("find-count"))[0] === `1 of ${n}`);
  await window.screenshot("text-found");
  keys("Escape");
  await eventually("it is closed", async () => (await window.all("find")).length === 0);
});

test("all text is answered at once by no model, and its lines are marked while they are spoken", async () => {
  const since = Date.now();
  await press(window, "ctrl+shift+2");
  const answer = await window.answered(1);
  console.log(`exact answer after ${Date.now() - since} ms`);
  // What could not be read is told behind it.
  assert.ok(plain(answer).startsWith(plain((await lines()).join(""))), answer);
  assert.ok(await window.js("return document.querySelector('[data-answer] h2').innerText === 'Exact text, no model'"));
  assert.equal((await window.all("ask-model")).length, 1);
  await window.click("read-aloud");
  await eventually("a line is marked on the picture", async () => (await marks("spoken")) > 0);
  await window.screenshot("text-spoken");
  const spoken = await eventually("it is spoken", () => service.said()[0]);
  assert.ok(plain(answer).startsWith(plain(spoken).slice(0, 8)), spoken);
  keys("Escape");
  await eventually("no line is marked", async () => (await marks("spoken")) === 0);
});

test("a chat is found again by words of its picture, after a restart", async () => {
  // Another one, in which nobody said the words.
  await window.close();
  window = await open({ keepSettings: true, args: [join(out, "own screenshot.png")] });
  await window.find("attachment");
  await window.ask("What is the title?");
  await window.answered(1);
  await window.close();
  window = await open({ keepSettings: true });
  await press(window, "ctrl+f");
  await eventually("the search has the focus", () => window.js("return document.activeElement.matches('[data-testid=search]')"));
  type("harbour street");
  const found = await eventually("both chats are found, one of them in its picture alone", async () => {
    const items = await window.texts("chat-item");
    return items.length === 2 && items.some((item) => item.includes("in the picture:")) && items;
  });
  const at = found.findIndex((item) => item.includes("in the picture:"));
  await window.screenshot("text-chat-found");
  await (await window.all("chat-item"))[at].click();
  await eventually("the words are marked in the picture", async () => (await marks("current")) + (await marks("found")) > 0);
  await window.screenshot("text-chat-opened");
});

test("an answer with a wrong number is flagged, and a right one shows its place", async () => {
  // The same chat, with an answer that somebody else's model gave.
  await chooseFile(window, "ctrl+e", join(out, "kept"));
  const data = await eventually("it is exported", () => readFileSync(join(out, "kept/chat.json"), "utf8"));
  const chat = JSON.parse(data);
  const size = /Download (\d+(?:\.\d+)?) GB/.exec((await lines()).join("\n"))?.[1];
  assert.ok(size, "the screenshot names a size");
  for (const message of chat.messages) if (message.isModel ?? message.is_model) Object.assign(message, { text: `The button says “Download ${size} GB”, and the price is 1,250 euros.`, by: "model" });
  writeFileSync(join(out, "kept/chat.json"), JSON.stringify(chat));
  await chooseFile(window, "ctrl+shift+i", join(out, "kept/chat.md"));
  await eventually("it is open", async () => /1,250/.test((await window.texts("answer"))[0] ?? ""));
  await press(window, "ctrl+alt+k");
  await eventually("the wrong number is flagged", async () => (await window.texts("not-found")).some((text) => text.includes("1,250")));
  assert.equal((await window.texts("claim-missing"))[0], "1,250");
  await eventually("it is said", async () => /not found: 1,250/.test((await window.texts("spoken"))[0]));
  await window.click("claim-found");
  await eventually("the place is shown", async () => (await marks("pointed")) > 0);
  await window.screenshot("text-claims");
  await sleep(200);
});
