// A document of twelve pages: its strip, pages chosen by keyboard, exact text, search, each page by itself, a password.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { grow, press } from "./desktop.mjs";
import { pdf } from "./pdf.mjs";
import { eventually, Key, newHome, root, sleep, Window } from "./window.mjs";

const home = newHome();
const rooms = ["Boiler", "Valve", "Kitchen", "Attic", "Cellar", "Garage", "Garden", "Stairs", "Window", "Chimney", "Boiler", "Signature"];
const report = join(home, "report.pdf");
const locked = join(root, "crates/lorgnette-image/tests/fixtures/documents/user-password.pdf");
let window;
before(async () => {
  writeFileSync(report, pdf(rooms.map((room, index) => [`${room} report`, `Sheet ${index + 1} of the inspection`])));
  window = await Window.open({ home, args: [report] });
});
after(() => window?.close());

const draft = async () => (await window.invoke("draft", { chatId: null })).ok;
const chosen = () => window.js("return [...document.querySelectorAll('[role=option][aria-selected=true]')].map((one) => one.getAttribute('aria-label'))");
const shown = async () => (await window.find("pages")).getAttribute("aria-label");

test("the strip has a page of each name, and pictures of those that are seen alone", async () => {
  const list = await window.find("pages-list");
  assert.equal(await list.getAttribute("role"), "listbox");
  await eventually("the first pages are drawn", () => window.js("return [...document.querySelectorAll('[data-testid=page-strip] img')].filter((one) => one.naturalWidth > 0).length > 2"));
  const names = await window.js("return [...document.querySelectorAll('[role=option]')].map((one) => [one.getAttribute('aria-label'), one.getAttribute('aria-setsize'), one.getAttribute('aria-posinset')])");
  assert.deepEqual(names[0], ["Page 1 of 12", "12", "1"]);
  assert.ok(names.length < 12, `${names.length} pages are in the page`);
  await window.screenshot("documents-strip");
  await window.js("document.querySelector('[data-testid=pages-list]').scrollTop = 1e6");
  await eventually("the last page is drawn", () => window.js("return (document.querySelector('[data-page=\"12\"] img')?.naturalWidth ?? 0) > 0"));
  // Notes that come below the picture, or a lower window, take from its height: it stays where the person moved it.
  const height = () => window.js("return document.querySelector('[data-testid=pages-list]').clientHeight");
  const before = await height();
  await grow(window, -80);
  await eventually("the strip is lower", async () => (await height()) < before);
  await eventually("what its lower edge showed is there", () => window.js("return (document.querySelector('[data-page=\"12\"] img')?.naturalWidth ?? 0) > 0"));
  await sleep(300);
  assert.ok((await window.js("return document.querySelector('[data-testid=pages-list]').scrollTop")) > 0, "the strip went back to page 1");
  await grow(window, 80);
  await eventually("the strip is as it was", async () => (await height()) === before);
  const thumbs = readdirSync(join(home, "cache/pictures")).filter((name) => name.endsWith("-12-thumb.png"));
  assert.equal(thumbs.length, 1);
});

test("Page Down on the picture turns the page, Home and End go to the ends", async () => {
  await press(window, "ctrl+g");
  await press(window, "Next");
  await eventually("it is page 2", async () => (await shown()) === "Page 2 of 12");
  await press(window, "End");
  await eventually("it is page 12", async () => (await shown()) === "Page 12 of 12");
  await press(window, "Home");
  await eventually("it is page 1", async () => (await shown()) === "Page 1 of 12");
});

test("two pages are chosen by keyboard and asked about", async () => {
  await press(window, "ctrl+alt+p");
  await eventually("the list has the focus", () => window.js("return document.activeElement?.dataset.testid === 'pages-list'"));
  // From page 1 to page 4 without choosing, then that one too.
  for (let n = 0; n < 3; n += 1) await press(window, "Down");
  assert.deepEqual(await chosen(), ["Page 1 of 12"]);
  await press(window, "space");
  await eventually("two are chosen", async () => (await chosen()).length === 2);
  assert.deepEqual(await chosen(), ["Page 1 of 12", "Page 4 of 12"]);
  await eventually("their number and cost stand below", async () => /2 of 12 pages chosen\s+[\d,]+ tokens/.test((await window.texts("pages-chosen"))[0]));
  await eventually("a screen reader hears it", async () => /2 pages chosen/.test((await window.texts("spoken"))[0]));
  await window.screenshot("documents-chosen");
  // Shift takes all between.
  await press(window, "shift+Down");
  await eventually("a range is chosen", async () => (await chosen()).join() === "Page 4 of 12,Page 5 of 12");
  await eventually("the draft has them", async () => (await draft()).pictures.length === 2);
  await window.ask("What does it say?");
  await window.answered(1);
  const [{ id }] = (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
  const chat = (await window.invoke("chat_open", { id })).ok;
  assert.deepEqual(chat.pictures.map((one) => one.notes[0].shown).toSorted(), [4, 5]);
});

test("what a question of too many pages offers fits", async () => {
  const list = await window.find("pages-list");
  await list.sendKeys(Key.chord(Key.CONTROL, "a"));
  await eventually("all are chosen", async () => /12 of 12 pages chosen/.test((await window.texts("pages-chosen"))[0]));
  await eventually("it says that they do not fit", async () => (await window.texts("too-much"))[0]);
  await window.screenshot("documents-too-many");
  await window.click("offer-first");
  await eventually("what is left fits", async () => (await window.all("too-much")).length === 0);
});

test("the words of the document are found on their pages, and read exactly", async () => {
  await window.close();
  window = await Window.open({ home, args: [report] });
  await window.find("pages-list");
  const { picture } = await eventually("the draft has it", async () => (await draft()).pictures.at(-1));
  const { ok: pages } = await window.invoke("find_pages", { id: picture, text: "boiler  REPORT" });
  assert.deepEqual(pages, [1, 11]);
  await eventually("the text can be searched", async () => {
    await press(window, "ctrl+shift+f");
    return (await window.all("find-field")).length > 0;
  });
  const field = await window.find("find-field");
  await field.sendKeys(Key.chord(Key.CONTROL, "a"));
  await field.sendKeys("boiler");
  const other = await window.find("find-page");
  assert.equal(await other.getText(), "Page 11");
  await window.screenshot("documents-find");
  await other.click();
  await eventually("it is that page", async () => (await shown()) === "Page 11 of 12");
  await field.sendKeys(Key.ESCAPE);
  await press(window, "ctrl+shift+2");
  const text = await window.answered(1);
  assert.match(text, /Boiler report\s+Sheet 11 of the inspection/i);
});

test("each chosen page is described by itself, stopped, and goes on with each page once", async () => {
  await window.close();
  window = await Window.open({ home, args: [report], settings: ["max-tokens = 16"] });
  const list = await window.find("pages-list");
  // The first four.
  for (let n = 0; n < 3; n += 1) await list.sendKeys(Key.chord(Key.SHIFT, Key.ARROW_DOWN));
  await eventually("four are chosen", async () => /4 of 12 pages chosen/.test((await window.texts("pages-chosen"))[0]));
  await eventually("the draft has them", async () => (await draft()).pictures.length === 4);
  await window.click("each-page");
  await eventually("the second page has begun", async () => /Page 2 of 12/.test((await window.texts("answer")).at(-1) ?? ""));
  await window.screenshot("documents-each");
  await window.stop();
  await eventually("it has stopped", async () => (await window.all("stop")).length === 0);
  const stopped = (await window.texts("answer")).at(-1);
  assert.ok(!/Page 4 of 12/.test(stopped), stopped);
  await press(window, "ctrl+shift+Return");
  await eventually("it is at the last page", async () => /Page 4 of 12/.test((await window.texts("answer")).at(-1) ?? ""));
  const whole = await window.answered(1);
  for (let page = 1; page <= 4; page += 1) assert.equal(whole.split(`Page ${page} of 12`).length, 2, `page ${page} stands there once: ${whole}`);
  await window.screenshot("documents-each-whole");
  const [{ id }] = (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
  const chat = (await window.invoke("chat_open", { id })).ok;
  const { by, end } = chat.messages.at(-1);
  assert.deepEqual([by, end.at, chat.messages[0].pictures.length], ["pages", "whole", 4]);
});

test("the heading of each page is a button that shows it, by keyboard too", async () => {
  const names = await window.js("return [...document.querySelectorAll('[data-testid=answer] :is(h4, h5) [data-testid=to-page]')].map((one) => one.textContent)");
  assert.deepEqual(names, [1, 2, 3, 4].map((page) => `Page ${page} of 12`));
  const third = (await window.all("to-page")).at(2);
  await third.click();
  await eventually("it is page 3", async () => (await shown()) === "Page 3 of 12");
  await eventually("a screen reader hears it", async () => /Page 3 of 12/.test((await window.texts("spoken"))[0]));
  await (await window.all("to-page")).at(1).sendKeys(Key.ENTER);
  await eventually("it is page 2", async () => (await shown()) === "Page 2 of 12");
  assert.equal(await window.js("return document.activeElement?.textContent"), "Page 2 of 12");
  await window.screenshot("documents-links");
});

test("the pages are summarised in an answer of its own, and what was said of them stays", async () => {
  await window.click("summarise-pages");
  await window.answered(2);
  await window.screenshot("documents-summary");
  const [{ id }] = (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
  const chat = (await window.invoke("chat_open", { id })).ok;
  const answers = chat.messages.filter((one) => one.role === "model");
  assert.deepEqual(answers.map((one) => one.by), ["pages", "summary"]);
  assert.notEqual(answers[1].end.at, "failed");
  assert.match(answers[0].text, /Page 4 of 12/);
  assert.equal((await window.all("summarise-pages")).length, 0);
  // What was said of the pages goes on, and not the pages.
  await window.ask("What was that about?");
  await window.answered(3);
  const after = (await window.invoke("chat_open", { id })).ok;
  assert.notEqual(after.messages.at(-1).end.at, "failed");
});

test("a long picture is taken as pages, of which some are asked about, and as a whole again", async () => {
  await window.close();
  const long = join(home, "long.pgm");
  const [width, height] = [400, 6000];
  const rows = Buffer.alloc(width * height, 250);
  for (let y = 0; y < height; y += 1) if (y % 200 < 20) rows.fill(40 + Math.floor(y / 200) * 6, y * width + 40, y * width + 300);
  writeFileSync(long, Buffer.concat([Buffer.from(`P5 ${width} ${height} 255\n`), rows]));
  window = await Window.open({ home, args: [long] });
  await window.find("long");
  await window.screenshot("documents-long");
  await window.click("as-pages");
  const list = await window.find("pages-list");
  await eventually("its parts are drawn", () => window.js("return [...document.querySelectorAll('[data-testid=page-strip] img')].filter((one) => one.naturalWidth > 0).length > 2"));
  const names = await window.js("return [...document.querySelectorAll('[role=option]')].map((one) => one.getAttribute('aria-label'))");
  assert.equal(names[0], "Page 1 of 7");
  await list.sendKeys(Key.chord(Key.SHIFT, Key.ARROW_DOWN));
  await eventually("two are chosen", async () => (await draft()).pictures.length === 2);
  await window.screenshot("documents-long-pages");
  await window.ask("What is on it?");
  await window.answered(1);
  const [{ id }] = (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
  const chat = (await window.invoke("chat_open", { id })).ok;
  assert.deepEqual(chat.pictures.map((one) => [one.width, one.height, one.notes[0].shown]), [[400, 1024, 1], [400, 1024, 2]]);
  await window.close();
  window = await Window.open({ home, args: [long] });
  await window.click("as-pages");
  await window.click("as-whole");
  await window.find("long");
  await eventually("the draft has the whole", async () => (await draft()).pictures.map((one) => one.picture.includes("-")).join() === "false");
});

test("a document with a password asks for it, and says when it is the wrong one", async () => {
  await window?.close();
  window = await Window.open({ home, args: [locked] });
  const field = await window.find("password");
  assert.match(await window.js("return document.querySelector('dialog, [role=dialog]').innerText"), /user-password\.pdf is encrypted/);
  await field.sendKeys("Secret", Key.ENTER);
  await eventually("it is said", async () => /does not open/.test((await window.texts("unlock-error"))[0]));
  await window.screenshot("documents-password");
  // What was typed is selected.
  await field.sendKeys("secret", Key.ENTER);
  await eventually("it is shown", async () => (await window.all("attachment")).length > 0 && (await window.all("password")).length === 0);
  await window.screenshot("documents-unlocked");
  await eventually("its page is drawn", () => window.js("return (document.querySelector('.sheet img')?.naturalWidth ?? 0) > 0"));
  const settings = readFileSync(join(home, "config/settings.toml"), "utf8");
  assert.ok(!settings.includes("secret"));
});
