// Odd pictures: each is shown for what it is before it is asked about.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { press } from "./desktop.mjs";
import { commandLine, eventually, newHome, root, Window } from "./window.mjs";

const home = newHome();
const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");
const fixture = (name) => join(root, "crates/lorgnette-image/tests/fixtures/bugs", name);
const empty = join(home, "empty.svg");
const odd = [
  [fixture("tiff-three-pages.tif"), /Page 1 of 3 is shown/, "pages"],
  [fixture("jpeg-half-zeros.jpg"), /is missing/, "half"],
  [fixture("png-white-on-clear.png"), /dark ground/, "clear"],
  [fixture("tall-12000.png"), /overlapping parts/, "tall"],
];
let window;
before(async () => {
  writeFileSync(empty, '<svg xmlns="http://www.w3.org/2000/svg"/>');
  window = await Window.open({ home, args: [...odd.map(([path]) => path), empty] });
});
after(() => window?.close());

test("what a person should know stands by the picture before it is asked about", async () => {
  const attached = await eventually("all that are pictures are attached", async () => {
    const all = await window.all("attachment");
    return all.length === odd.length && all;
  });
  for (const [index, [, expected, name]] of odd.entries()) {
    await attached[index].click();
    await eventually(`${name} is told: ${expected}`, async () => expected.test((await window.texts("picture-notes"))[0] ?? ""));
    await window.screenshot(`odd-${name}`);
  }
});

test("a drawing without a picture is refused by name", async () => {
  await eventually("it is said", () => window.js("return /empty\\.svg[^]*SVG/.test(document.body.innerText)"));
  await window.screenshot("odd-svg");
});

test("an answer about a long picture comes", async () => {
  for (let n = 0; n < odd.length - 1; n += 1) {
    const remove = await window.driver.findElement({ css: "[data-testid=attachment] .remove" });
    await remove.click();
  }
  await eventually("the long one is left", async () => (await window.all("attachment")).length === 1);
  await window.ask("What does the sign say?");
  assert.equal(typeof (await window.answered(1)), "string");
});

test("another page is chosen by keys before it is asked about, and stays over a restart", async () => {
  await window.close();
  const [pages] = odd[0];
  window = await Window.open({ home, args: [pages] });
  const attached = async () => (await window.invoke("draft", { chatId: null })).ok;
  const page = (expected) => eventually(`it is ${expected}`, async () => (await (await window.find("pages")).getAttribute("aria-label")) === expected);
  const [first] = (await attached()).pictures;
  await page("Page 1 of 3");
  await press(window, "alt+shift+Next");
  await page("Page 2 of 3");
  await eventually("the note is of that page", async () => /Page 2 of 3 is shown/.test((await window.texts("picture-notes"))[0] ?? ""));
  await eventually("a screen reader hears it", async () => /Page 2 of 3/.test((await window.texts("spoken"))[0]));
  await window.screenshot("odd-page-2");
  await window.click("nextPage");
  await page("Page 3 of 3");
  await press(window, "alt+shift+Prior");
  await page("Page 2 of 3");

  const stored = await eventually("the draft has the page", async () => {
    const { pictures, files } = await attached();
    return pictures.at(-1).picture !== first?.picture && files.at(-1).notes[0].shown === 2 && pictures.at(-1);
  });
  await window.close();
  window = await Window.open({ home, keepSettings: true });
  await page("Page 2 of 3");
  assert.equal((await attached()).pictures.at(-1).picture, stored.picture);
  assert.ok(existsSync(join(home, "cache/pictures", `${stored.picture}-thumb.png`)));
  const shown = await window.js("return document.querySelector('.sheet img').src");
  assert.ok(decodeURIComponent(shown).includes(`${stored.picture}/full`), shown);

  await window.ask("What does the sign say?");
  const said = await window.answered(1);
  assert.equal(letters(said), letters(commandLine(pages, "What does the sign say?", "--page", "2")));
  const [{ id }] = (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
  const chat = (await window.invoke("chat_open", { id })).ok;
  assert.equal(chat.messages[0].pictures[0].picture, stored.picture);
  assert.deepEqual(chat.pictures[0].notes[0], { note: "page", shown: 2, of: 3 });
});

test("a page that is not there is refused, and nothing changes", async () => {
  const [{ id }] = (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
  const { pictures: [{ id: picture }] } = (await window.invoke("chat_open", { id })).ok;
  const { error } = await window.invoke("choose_page", { id: picture, page: 4 });
  assert.equal(error.id, "pictureNoPage");
  assert.equal((await window.invoke("choose_page", { id: "../../etc/passwd", page: 1 })).error.id, "notFound");
});
