// Odd pictures: each is shown for what it is before it is asked about.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { eventually, newHome, root, Window } from "./window.mjs";

const home = newHome();
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
