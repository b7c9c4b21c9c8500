// A model without a vision part: it is said before it is used, and the person decides.
import assert from "node:assert/strict";
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { answerDialog, press } from "./desktop.mjs";
import { eventually, newHome, root, Window } from "./window.mjs";

const home = newHome();
const model = join(home, "words-q8_0.gguf");
let window;
before(async () => {
  copyFileSync(join(root, "models/pocket/pocket-q8_0.gguf"), model);
  window = await Window.open({ home });
});
after(() => window?.close());

const chosen = async () => (await window.invoke("models")).ok.find((one) => one.chosen)?.id;

async function add() {
  await press(window, "ctrl+m");
  await answerDialog(window, () => window.click("add-model-file"), model);
  return eventually("it is said", async () => (await window.texts("confirm"))[0]);
}

test("it is said what it lacks, and nothing changes until the person says so", async () => {
  const before = await chosen();
  assert.match(await add(), /words-q8_0\.gguf has no vision part/);
  await window.screenshot("text-model");
  await window.click("stay");
  assert.equal(await chosen(), before);
});

test("who wants it for text has it", async () => {
  await add();
  await window.click("act");
  await eventually("it is used", async () => {
    const { ok } = await window.invoke("boot");
    return ok.status.state.at === "ready" && ok.status.model.readsPictures === false;
  });
  assert.equal(await chosen(), model);
});
