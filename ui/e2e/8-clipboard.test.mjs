// What other programs copy: pictures in every format, files, folders. Each becomes what it is, or is refused by its name.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";

import { copied, press } from "./desktop.mjs";
import { commandLine, eventually, newHome, root, sample, Window } from "./window.mjs";

const fixture = (...name) => join(root, "crates/lorgnette-image/tests/fixtures", ...name);
const QUESTION = "Describe this picture.";

const home = newHome();
const files = join(home, "files");
const letter = join(files, "a letter.txt");
const folder = join(files, "a folder");
const turned = join(files, "tur ned é.jpg");
let window;
before(async () => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(letter, "Dear Sir");
  copyFileSync(fixture("forms/exif-6.jpg"), turned);
  window = await Window.open({ home });
});
after(() => window?.close());

/** Empties the question, as far as there are pictures in it. */
async function clear() {
  await eventually("no picture is attached", async () => {
    const [remove] = await window.driver.findElements({ css: "[data-testid=attachment] .remove" });
    if (!remove) return true;
    await remove.click();
    return false;
  });
}

const notes = async () => (await window.texts("picture-notes"))[0] ?? "";
const attached = (n) => eventually(`${n} pictures are attached`, async () => (await window.all("attachment")).length === n);
/** The size of the picture on the stage, as its name says it. */
const size = () => window.js("return document.querySelector('[role=application]').ariaLabel.match(/[\\d,]+ × [\\d,]+/)[0]");
const list = (name, ...lines) => {
  const path = join(home, name);
  writeFileSync(path, lines.join("\r\n"));
  return path;
};

/** Copies, presses Ctrl+V, and waits for the picture. */
async function paste(type, file, n = 1) {
  const owner = await copied(type, file);
  await press(window, "ctrl+v");
  await attached(n);
  owner.end();
}

test("pictures are pasted in every format, turned and lit as files are", async () => {
  const formats = [
    ["image/jpeg", turned],
    ["image/bmp", fixture("bugs/bmp-palette-300.bmp")],
    ["image/webp", fixture("forms/lossy.webp")],
    ["image/tiff", fixture("bugs/tiff-palette.tif")],
    ["image/gif", fixture("forms/palette.gif")],
  ];
  for (const [type, file] of formats) {
    await paste(type, file);
    const { ok: { files: [picture] } } = await eventually("the draft is kept", async () => {
      const draft = await window.invoke("draft", { chatId: null });
      return draft.ok.files.length === 1 && draft;
    });
    const inspected = spawnSync(process.env.LORGNETTE_CLI, ["inspect", file, "--json"], { encoding: "utf8" });
    const { width, height } = JSON.parse(inspected.stdout);
    assert.deepEqual([picture.width, picture.height], [width, height], type);
    await clear();
    await eventually("the draft is empty", async () => (await window.invoke("draft", { chatId: null })).ok.files.length === 0);
  }
});

test("what a person should know is told of pasted pictures too", async () => {
  await paste("image/png", fixture("bugs/png-white-on-clear.png"));
  await eventually("the dark ground is told", async () => /dark ground/.test(await notes()));
  await clear();
  await paste("image/tiff", fixture("bugs/tiff-three-pages.tif"));
  await eventually("the pages are told", async () => /Page 1 of 3/.test(await notes()));
  await window.click("nextPage");
  await eventually("another is chosen", async () => /Page 2 of 3/.test(await notes()));
  await clear();
});

test("a picture that comes in parts is whole", async () => {
  // More than X11 hands over at once.
  const large = join(home, "large.ppm");
  writeFileSync(large, Buffer.concat([Buffer.from("P6 2400 1800 255\n"), randomBytes(2400 * 1800 * 3)]));
  await paste("image/x-portable-pixmap", large);
  await eventually("it has its size", async () => (await size()) === "2,400 × 1,800");
  await clear();
});

test("copied files are attached, and what is no picture is said by its name", async () => {
  const lines = [turned, letter, folder].map((path) => pathToFileURL(path).href);
  for (const [type, file] of [["text/uri-list", list("uris", ...lines, "")], ["x-special/gnome-copied-files", list("gnome", "copy", ...lines)]]) {
    await paste(type, file);
    const said = await eventually("the others are refused", () => window.js("return document.querySelector('.faults')?.innerText"));
    assert.match(said, /2 files could not be added/);
    assert.match(said, /^a letter\.txt\s+is text, not a picture/m);
    assert.match(said, /^a folder\s+is a folder/m);
    if (type === "text/uri-list") await window.screenshot("odd-copied");
    await window.js("document.querySelector('.faults button').click()");
    await clear();
  }
});

test("what is elsewhere, and an empty clipboard, are told", async () => {
  const away = await copied("x-special/gnome-copied-files", list("away", "copy", "sftp://host/away.png"));
  await press(window, "ctrl+v");
  await eventually("it is an address", () => window.js("return /away\\.png[^]*is an address/.test(document.querySelector('.notices').innerText)"));
  away.end();
  // A program that ended takes what was copied with it.
  await eventually("nothing is in the clipboard", async () => (await window.invoke("paste")).error?.id === "clipboardNoPicture");
});

test("a text goes where the person types", async () => {
  const text = join(home, "text");
  writeFileSync(text, "What is on the sign?");
  // Where no picture is, there is no question.
  await paste("image/jpeg", turned);
  const owner = await copied("UTF8_STRING", text);
  await (await window.find("question")).click();
  await press(window, "ctrl+v");
  await eventually("it stands in the question", async () => (await (await window.find("question")).getAttribute("value")) === "What is on the sign?");
  owner.end();
  await clear();
});

function describe(...args) {
  const all = ["describe", "--clipboard", ...args, "--ask", QUESTION, "--model", "pocket", "--temperature", "0", "--json"];
  const done = spawnSync(process.env.LORGNETTE_CLI, all, { encoding: "utf8" });
  return { ...done, pictures: done.status === 0 ? JSON.parse(done.stdout).pictures : null, answer: done.status === 0 ? JSON.parse(done.stdout).answer : null };
}

test("the command line reads them alike", async () => {
  for (const [type, file] of [["image/jpeg", turned], ["image/bmp", fixture("bugs/bmp-palette-300.bmp")], ["text/uri-list", list("one", pathToFileURL(sample("receipt")).href)]]) {
    const owner = await copied(type, file);
    const same = type === "text/uri-list" ? sample("receipt") : file;
    const { answer, stderr } = describe();
    assert.equal(answer, commandLine(same, QUESTION), stderr);
    owner.end();
  }
  const pages = await copied("image/tiff", fixture("bugs/tiff-three-pages.tif"));
  assert.deepEqual(describe("--page", "2").pictures[0].notes, ["page 2 of 3 is shown"]);
  pages.end();
  const two = await copied("text/uri-list", list("two", pathToFileURL(sample("sign")).href, pathToFileURL(sample("dialog")).href));
  assert.equal(describe().pictures.length, 2);
  two.end();
});

test("on the command line what is no picture is refused by its name", async () => {
  const refused = async (type, file, said) => {
    const owner = await copied(type, file);
    const { status, stderr } = describe();
    assert.equal(status, 1, stderr);
    assert.match(stderr, said);
    owner.end();
  };
  await refused("text/uri-list", list("letter", pathToFileURL(letter).href), /a letter\.txt/);
  await refused("text/uri-list", list("folder", pathToFileURL(folder).href), /a folder: it is a folder/);
  await refused("text/plain", list("words", "only words"), /there is no picture in the clipboard\nhint: copy a picture/);
});
