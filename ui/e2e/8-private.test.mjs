// A private chat: nothing of it is in any folder, while it is open and afterwards.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { drag } from "./desktop.mjs";
import { eventually, Key, newHome, sample, Window } from "./window.mjs";

const home = newHome();
const WORDS = "Zyzzyva sesquipedalian?";
// A name that is nowhere else, for a picture with bytes that are nowhere else.
const file = join(home, "quokka-picture.png");
let window;
before(async () => {
  writeFileSync(file, readFileSync(sample("receipt")));
  window = await Window.open({ home });
});
after(() => window?.close());

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true }).filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
}

/** Files of the program that have any of this in them. */
function traces() {
  const bytes = readFileSync(file);
  const parts = [bytes.subarray(bytes.length >> 1, (bytes.length >> 1) + 64), Buffer.from("sesquipedalian"), Buffer.from("Zyzzyva"), Buffer.from("quokka")];
  return filesBelow(home).filter((path) => path !== file && parts.some((part) => readFileSync(path).includes(part)));
}

async function privately() {
  await window.click("new-private-chat");
  await window.find("private");
}

test("a private chat is marked, answers, and leaves nothing anywhere", async () => {
  await privately();
  assert.match((await window.texts("private"))[0], /Nothing of it is kept/);
  await drag(window, file, await window.find("drop-zone"));
  await eventually("the picture is attached", async () => (await window.all("attachment")).length === 1);
  await window.ask(WORDS);
  assert.ok((await window.answered(1)).length > 0);
  await window.type("half a zyzzyva Zyzzyva");
  await window.screenshot("private");
  assert.equal((await window.all("chat-item")).length, 0, "it is in no list");
  assert.doesNotMatch(await window.driver.getTitle(), /Zyzzyva/);
  await eventually("a draft would be kept by now", () => new Promise((done) => setTimeout(() => done(true), 1500)));
  assert.deepEqual(traces(), []);
});

test("it is gone when it is left", async () => {
  await window.click("new-chat");
  await eventually("the mark is gone", async () => (await window.all("private")).length === 0);
  assert.equal((await window.all("answer")).length, 0);
  assert.equal((await window.all("attachment")).length, 0);
  const { error } = await window.invoke("chat_open", { id: 2 ** 52 });
  assert.equal(error.code, "notFound");
  assert.deepEqual(traces(), []);
});

test("the keys begin one too, and a program that ends takes it along", async () => {
  await window.driver.actions().keyDown(Key.CONTROL).keyDown(Key.ALT).sendKeys("n").keyUp(Key.ALT).keyUp(Key.CONTROL).perform();
  await window.find("private");
  await drag(window, file, await window.find("drop-zone"));
  await eventually("the picture is attached", async () => (await window.all("attachment")).length === 1);
  await window.ask(WORDS);
  await window.answered(1);
  await window.close();
  assert.deepEqual(traces(), []);
  window = await Window.open({ home });
  assert.equal((await window.all("private")).length, 0);
  assert.equal((await window.all("chat-item")).length, 0);
});
