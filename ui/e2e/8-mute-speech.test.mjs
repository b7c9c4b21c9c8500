// A speech service that takes texts and never reports, as it does on a machine without sound: it is told and given up.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { eventually, newHome, Window } from "./window.mjs";

const home = newHome();
const address = join(home, "speech");
const texts = [];
const service = createServer((socket) => {
  socket.on("error", () => {});
  let text = null;
  createInterface({ input: socket }).on("line", (line) => {
    if (text !== null && line !== ".") return void text.push(line);
    if (text !== null) {
      texts.push(text.join("\n"));
      text = null;
      return void socket.write(`225-${texts.length}\r\n225 OK MESSAGE QUEUED\r\n`);
    }
    if (line === "SPEAK") text = [];
    socket.write(line === "SPEAK" ? "230 OK RECEIVING DATA\r\n" : "200 OK\r\n");
  });
});
let window;
before(async () => {
  await new Promise((done) => service.listen(address, done));
  window = await Window.open({ home, env: { SPEECHD_ADDRESS: `unix_socket:${address}` } });
});
after(async () => {
  await window?.close();
  service.close();
});

test("reading aloud ends with the reason and what to do, and can be tried again", async () => {
  await window.click("sample-dialog");
  await window.ask(" ");
  await window.answered(1);
  for (const n of [1, 2]) {
    await window.click("read-aloud");
    await eventually("the service has the text", () => texts.length === n);
    const said = await eventually("it is told", async () => (await window.texts("error"))[0]);
    assert.match(said, /said nothing for \d+ seconds[^]*sound/);
    assert.deepEqual(await window.all("aloud"), [], "nothing is read any more");
    await window.driver.findElement({ css: '[data-testid="error"] button:last-of-type' }).click();
    await eventually("the message is gone", async () => (await window.all("error")).length === 0);
  }
});
