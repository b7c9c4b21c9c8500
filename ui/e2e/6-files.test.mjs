// Chats as files, through the system's own dialogs.
import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { chooseFile } from "./desktop.mjs";
import { eventually, newHome, Window } from "./window.mjs";

const home = newHome();
const out = join(home, "out");
mkdirSync(out);
let window;
let answer;
before(async () => {
  window = await Window.open({ home });
});
after(() => window?.close());

const chats = async () => (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
const messages = async (id) => (await window.invoke("chat_open", { id })).ok.messages;
const notice = (part) =>
  eventually(`a notice says ${part}`, () => window.js("return document.querySelector('.notices').innerText.includes(arguments[0])", part));

test("a picture is added through the dialog", async () => {
  const picture = join(out, "a sign.png");
  writeFileSync(picture, readFileSync(new URL("../../assets/samples/sign.png", import.meta.url)));
  await chooseFile(window, "ctrl+o", picture);
  await eventually("it is attached", async () => (await window.all("attachment")).length === 1);
  await window.ask("What does the sign say?");
  answer = await window.answered(1);
  assert.ok(answer.length > 0);
});

test("a chat is exported as a folder and comes back", async () => {
  const folder = join(out, "A chat");
  await chooseFile(window, "ctrl+e", folder);
  await notice(folder);
  assert.deepEqual(readdirSync(folder).sort(), ["chat.json", "chat.md", "picture-1.png"]);
  assert.ok(readFileSync(join(folder, "chat.md"), "utf8").includes("What does the sign say?"));
  await chooseFile(window, "ctrl+shift+i", join(folder, "chat.md"));
  await eventually("it is there twice", async () => (await chats()).length === 2);
  const [one, other] = await Promise.all((await chats()).map(({ id }) => messages(id)));
  assert.deepEqual(one.map(({ text }) => text), other.map(({ text }) => text));
  assert.equal(one[0].pictures[0].picture, other[0].pictures[0].picture);
});

test("a chat is exported as one page that loads nothing, and comes back", async () => {
  const page = join(out, "A chat.html");
  await chooseFile(window, "ctrl+shift+e", page);
  await notice(page);
  const html = readFileSync(page, "utf8");
  assert.ok(html.includes("What does the sign say?") && html.includes("data:image/"));
  assert.ok(!/<script[^>]+src|<link|https?:\/\//.test(html.replaceAll("http://www.w3.org/", "")), "it names nothing outside");
  await chooseFile(window, "ctrl+shift+i", page);
  await eventually("it is there three times", async () => (await chats()).length === 3);
  assert.equal((await messages((await chats())[0].id)).length, 2);
});

test("a file that is no chat says so and adds nothing", async () => {
  const letter = join(out, "letter.md");
  writeFileSync(letter, "# Dear Sir\n");
  await chooseFile(window, "ctrl+shift+i", letter);
  await notice("letter.md");
  assert.equal((await chats()).length, 3);
});
