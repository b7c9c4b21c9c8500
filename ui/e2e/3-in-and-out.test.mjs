// The clipboard, a damaged picture, and a program that is killed.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";

import { copy } from "./desktop.mjs";
import { eventually, newHome, sample, Window } from "./window.mjs";

const attachments = (window, n) => eventually(`${n} pictures are attached`, async () => (await window.all("attachment")).length === n);

let window;
const home = newHome();
before(async () => {
  window = await Window.open({ home });
});
after(() => window?.close());

test("a picture of the clipboard is attached, a damaged file says so, the next one works", async () => {
  const picture = copy("image/png", sample("sign"));
  const { ok } = await eventually("it is in the clipboard", async () => {
    const pasted = await window.invoke("paste");
    return pasted.ok?.kind === "pictures" && pasted;
  });
  picture.end();
  assert.equal(ok.added.pictures.length, 1);
  assert.deepEqual(ok.added.faults, []);

  const damaged = join(home, "damaged picture é.png");
  writeFileSync(damaged, readFileSync(sample("dialog")).subarray(0, 200));
  const list = join(home, "list");
  writeFileSync(list, `${pathToFileURL(damaged)}\r\n`);
  const files = copy("text/uri-list", list);
  const { ok: refused } = await eventually("the list is in the clipboard", async () => {
    const pasted = await window.invoke("paste");
    return pasted.ok?.added?.faults.length === 1 && pasted;
  });
  files.end();
  assert.equal(refused.added.pictures.length, 0);
  assert.equal(refused.added.faults[0].error.code, "picture");
  const [{ name, error }] = refused.added.faults;
  assert.ok(`${name} ${error.message}`.includes("damaged picture é.png"), JSON.stringify(refused.added.faults));

  // A region leaves by the clipboard, and comes back in its own size.
  const [{ id }] = ok.added.pictures;
  const region = { x: 8, y: 4, width: 40, height: 24 };
  const attachment = { picture: id, name: "sign", region, turn: 1, maxSide: null };
  assert.equal((await window.invoke("copy_region", { attachment })).error, undefined);
  const { ok: { added } } = await window.invoke("paste");
  assert.deepEqual(added.pictures.map(({ width, height }) => [width, height]), [[24, 40]]);

  // Those were given to the test and not to the page.
  await window.click("sample-receipt");
  await attachments(window, 1);
  await (await window.find("question")).clear();
  await window.ask("What is the total?");
  assert.ok((await window.answered(1)).length > 0);
});

test("a question that was asked is there after a kill, and can be asked on", async () => {
  await window.type("half a ques");
  await eventually("the draft is kept", async () => {
    const [{ id }] = (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
    return (await window.invoke("draft", { chatId: id })).ok.text === "half a ques";
  });
  await window.kill();
  window = await Window.open({ home });
  const [chat] = (await window.invoke("chats", { search: "total", deleted: false, offset: 0 })).ok;
  assert.equal(chat.title, "What is the total?");
  await eventually("the chat opens", async () => {
    await (await window.all("chat-item"))[0].click();
    return (await window.texts("answer")).length === 1;
  });
  assert.equal(await eventually("the draft is back", async () => (await window.find("question")).getAttribute("value")), "half a ques");
});
