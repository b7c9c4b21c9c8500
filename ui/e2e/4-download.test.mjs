// A model is fetched in the window: from the card of the first run to an answer by it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { Hub } from "./hub.mjs";
import { By, eventually, Key, newHome, Window } from "./window.mjs";

const home = newHome();
let hub;
let window;

before(async () => {
  // Random weights in the layout of Ministral 3, small and in FP8 as it is published: what is fetched is a checkpoint, and it is quantised here.
  const checkpoint = join(home, "checkpoint");
  const made = spawnSync(process.env.LORGNETTE_XTASK, ["make-model", "--shape", "tiny-mistral3", "--format", "safetensors-fp8", "--out", checkpoint], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
  hub = await Hub.serve("mistralai/Ministral-3-3B-Instruct-2512", checkpoint, 100_000);
  window = await Window.open({ home, env: { HF_ENDPOINT: hub.endpoint, HF_HOME: join(home, "hub") } });
});
after(async () => {
  await window?.close();
  hub?.close();
});

const press = (label) =>
  eventually(`${label} can be pressed`, async () => {
    for (const button of await window.driver.findElements(By.xpath(`//button[contains(., "${label}")]`))) {
      if (!(await button.isDisplayed())) continue;
      // The driver brings only what is wholly out of sight into view.
      await window.js("arguments[0].scrollIntoView({ block: 'center' })", button);
      // One that a dialog covers cannot.
      if (await button.click().then(() => true, () => false)) return true;
    }
    return false;
  });
const state = async () => (await window.invoke("models")).ok.find((model) => /ministral-3-3b$/.test(model.id)).state;
const reached = (at) => eventually(`the model is ${at}`, async () => (await state()).at === at);

test("the first card offers what suits the machine, says why, and shows two others", async () => {
  const offered = (await window.invoke("models")).ok.filter((model) => model.state.at === "offered");
  const recommended = offered.filter((model) => model.recommended !== null);
  assert.ok(recommended.length <= 1);
  const card = await window.find("first-model");
  await eventually("the card is there", async () => (await card.getText()).includes(offered[0].name));
  const text = await card.getText();
  if (recommended.length === 1) {
    assert.equal(recommended[0].id, offered[0].id);
    assert.match(text, /Recommended here: the (largest that begins|quickest of those|smallest)/);
  }
  await window.screenshot("first-model");
  await window.js("document.querySelector('[data-testid=other-models] summary').focus()");
  await window.driver.actions().sendKeys(Key.ENTER).perform();
  const shown = await eventually("two others are shown", async () => {
    const others = await card.findElements(By.css("li"));
    return others.length === 2 && Promise.all(others.map((other) => other.getText()));
  });
  assert.ok(shown.every((other) => offered.slice(1).some((model) => other.includes(model.name) && other.includes(model.about))), String(shown));
  await window.screenshot("first-models");
  await window.driver.actions().sendKeys(Key.ENTER).perform();
});

test("nothing is fetched before it is asked for", async () => {
  assert.equal((await state()).at, "offered");
  assert.equal((await window.invoke("network")).ok.nDownloads, 0);
});

test("a button that says what is fetched begins it, and the card of the first run pauses it and goes on", async () => {
  await press("See the models");
  await press("Download 4.7 GB, keep 2.6 GB");
  await window.driver.actions().sendKeys(Key.ESCAPE).perform();
  await eventually("bytes are asked for", () => hub.nAsked > 0);
  assert.equal((await state()).at, "fetching");
  assert.equal((await window.invoke("network")).ok.nDownloads, 1);
  await window.screenshot("download");
  await press("Pause");
  await reached("paused");
  await press("Resume");
  await reached("fetching");
});

test("it goes on after the program was killed, and is ready when it is whole", async () => {
  await eventually("its work is on the disk", () => existsSync(join(home, "models/.work/ministral-3-3b")));
  await window.kill();
  window = await Window.open({ home, keepSettings: true, env: { HF_ENDPOINT: hub.endpoint, HF_HOME: join(home, "hub") } });
  hub.release();
  const { error } = await window.invoke("fetch_model", { id: "ministral-3-3b" });
  assert.equal(error, undefined);
  await reached("installed");
  const work = join(home, "models/.work");
  assert.deepEqual(existsSync(work) ? readdirSync(work) : [], [], "no work is left");
});

test("it is checked, chosen, and answers", async () => {
  const path = (await state()).path;
  assert.equal((await window.invoke("verify_model", { id: path })).error, undefined);
  assert.equal((await window.invoke("choose_model", { id: path })).error, undefined);
  await eventually("it is ready", async () => {
    const { ok } = await window.invoke("boot");
    return ok.status.state.at === "ready" && ok.status.model.id === path;
  });
  await window.click("sample-sign");
  await eventually("the picture is attached", async () => (await window.all("attachment")).length === 1);
  await window.ask(" ");
  await window.answered(1);
  const [{ id }] = (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
  const { messages } = (await window.invoke("chat_open", { id })).ok;
  assert.ok(!messages[1].end?.error, JSON.stringify(messages[1].end));
  // A model that answers is not removed.
  assert.equal((await window.invoke("remove_model", { id: path })).error.code, "unavailable");
});

test("another model answers about the same picture, both answers stay, and one model is removed", async () => {
  const path = (await state()).path;
  await window.invoke("choose_model", { id: "pocket" });
  await eventually("the built-in model is ready", async () => (await window.invoke("boot")).ok.status.model?.builtIn);
  await window.driver.findElement(By.css("[aria-label='Answer again']")).click();
  await eventually("there are two versions", () => window.js("return document.querySelector('[aria-label=\"Version 2 of 2\"]') !== null"));
  await window.answered(1);
  const models = async () => {
    const [{ id }] = (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
    const { messages } = (await window.invoke("chat_open", { id })).ok;
    return messages.map((message) => message.modelName);
  };
  await eventually("the second is the built-in model's", async () => /Pocket/.test((await models())[1]));
  await window.screenshot("answered-by-another");
  await window.driver.findElement(By.css("[aria-label='Previous version']")).click();
  await eventually("the first is the other's", async () => /ministral-3-3b/i.test((await models())[1]));
  assert.equal((await window.invoke("remove_model", { id: path })).error, undefined);
  assert.equal((await state()).at, "offered");
});
