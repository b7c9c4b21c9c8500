// llama.cpp's server answers in the window: the same text as the network here; stopped, killed, with a wrong key. It is
// started by scripts/test-llama-server, which says where it is.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";

import { drag } from "../desktop.mjs";
import { eventually, Key, root, sample, Window } from "../window.mjs";

const { LLAMA_ADDRESS: address, LLAMA_KEY: key, LLAMA_PID: pid } = process.env;
const QUESTION = "Read all text.";
let window;
before(async () => {
  window = await Window.open({ settings: ["max-tokens = 3000"] });
});
after(() => window?.close());

async function connect(name, withKey) {
  for (const [field, value] of [["name", name], ["url", address], ["key", withKey]]) {
    const input = await window.find(`server-${field}`);
    await input.clear();
    await input.sendKeys(value);
  }
  await window.click("connect-server");
}
const page = () => window.js("return document.body.innerText");
/** What the network says by itself: by its path it is a model like any other. */
function here() {
  const args = ["describe", sample("dialog"), "--ask", QUESTION, "--model", `${root}/models/pocket/pocket-q8_0.gguf`, "--temperature", "0", "--json"];
  return JSON.parse(spawnSync(process.env.LORGNETTE_CLI, args, { encoding: "utf8" }).stdout).answer;
}
const inOneLine = (text) => text.replaceAll(/\s+/g, " ").trim();

test("it is connected, and answers as the network does here", async () => {
  await window.driver.actions().keyDown(Key.CONTROL).sendKeys(",").keyUp(Key.CONTROL).perform();
  await (await eventually("the tab is there", () => window.js("return [...document.querySelectorAll('[role=tab]')].find((one) => one.textContent === 'Connections')"))).click();
  await window.find("server-name");
  await connect("wrong", "sk-of-nobody");
  await eventually("a wrong key is said", async () => /key/i.test(await window.js("return document.querySelector('[role=tabpanel]').innerText.match(/127[^]*refuse[^]*/)?.[0] ?? ''")));
  await connect("llama", key);
  await window.find("server");
  await (await window.js("return [...document.querySelector('[data-testid=server]').querySelectorAll('button')].find((one) => one.textContent.trim() === 'Use this model')")).click();
  await eventually("it says where pictures go", async () => /^Pictures go to 127\.0\.0\.1/.test((await window.texts("leaves"))[0]));
  await window.driver.actions().sendKeys(Key.ESCAPE).perform();
  await drag(window, sample("dialog"), await window.find("drop-zone"));
  await eventually("the picture is attached", async () => (await window.all("attachment")).length === 1);
  await window.ask(QUESTION);
  assert.ok(inOneLine(await window.answered(1)).includes(inOneLine(here())), await page());
});

test("a server that ends is said, and the answers before it stay", async () => {
  process.kill(Number(pid), "SIGKILL");
  await window.ask("And the button?");
  await eventually("it is said", async () => /cannot be reached/.test(await page()));
  assert.ok(inOneLine(await page()).includes(inOneLine(here())));
  await window.screenshot("llama-server-gone");
});
