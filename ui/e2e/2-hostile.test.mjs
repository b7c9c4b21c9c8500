// What a model may be made to say by what stands in a picture. None of it may load anything, run
// anything, or lead anywhere.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { eventually, Key, newHome, sleep, Window } from "./window.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const home = newHome();
const asked = [];
const server = createServer((request, response) => {
  asked.push(request.url);
  response.end();
});
let window;
let texts;

before(async () => {
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  texts = JSON.parse(readFileSync(join(here, "hostile.json"), "utf8").replaceAll("PORT", server.address().port));
  // A line of a megabyte, as a model that is stuck writes it.
  texts.push("a".repeat(1 << 20));
  const corpus = join(home, "hostile.json");
  writeFileSync(corpus, JSON.stringify(texts));
  const stored = spawnSync(process.env.LORGNETTE_XTASK, ["make-chats", join(home, "data"), "--answers", corpus], { encoding: "utf8" });
  assert.equal(stored.status, 0, stored.stderr);
  window = await Window.open({ home });
  await window.js("window.hacked = 0; window.violations = []; document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.blockedURI))");
});
after(async () => {
  await window?.close();
  server.close();
});

test("hostile answers load nothing, run nothing, lead nowhere", async () => {
  const page = await window.driver.getCurrentUrl();
  await eventually("the chats are listed", async () => (await window.all("chat-item")).length >= texts.length);
  for (let i = 0; i < texts.length; i += 1) {
    await eventually(`chat ${i} can be opened`, async () => {
      const item = (await window.all("chat-item"))[i];
      await window.js("arguments[0].scrollIntoView({ block: 'center' })", item);
      await item.click();
      return true;
    });
    await eventually(`answer ${i} is shown`, () => window.js("return document.querySelector('[aria-current=true][data-testid=chat-item]')?.innerText.includes(arguments[0]) && (document.querySelector('[data-testid=answer]')?.innerText.length ?? 0) > 0", `Answer ${i}`));
    const found = await window.js(`
      const answer = document.querySelector("[data-testid=answer]");
      const tags = [...answer.querySelectorAll("script, style, iframe, object, embed, link, meta, base, form, input, video, audio, svg image, math, frame")].map((one) => one.outerHTML.slice(0, 200));
      const pictures = [...answer.querySelectorAll("img, source, image")].map((one) => one.outerHTML.slice(0, 200));
      const handlers = [...answer.querySelectorAll("*")].flatMap((one) => [...one.attributes].filter((a) => /^on|^style$|^ping$|^srcset$/i.test(a.name)).map((a) => one.tagName + " " + a.name + "=" + a.value));
      const links = [...answer.querySelectorAll("a")].filter((one) => one.getAttribute("href") && !/^(https:|mailto:|#$)/.test(one.getAttribute("href"))).map((one) => one.outerHTML.slice(0, 200));
      return { tags, pictures, handlers, links };`);
    assert.deepEqual(found, { tags: [], pictures: [], handlers: [], links: [] }, `answer ${i}: ${texts[i].slice(0, 120)}`);
    // Every link is tried; none may take the page away.
    await window.js("document.querySelectorAll('[data-testid=answer] a').forEach((one) => one.click())");
    assert.equal(await window.driver.getCurrentUrl(), page);
    await eventually("the dialogs are closed", async () => {
      if ((await window.js("return document.querySelectorAll('dialog[open]').length")) === 0) return true;
      await window.driver.actions().sendKeys(Key.ESCAPE).perform();
      return false;
    });
  }
  await sleep(500);
  assert.equal(await window.js("return window.hacked"), 0);
  assert.deepEqual(asked, [], "nothing was asked for");
  assert.deepEqual(await window.js("return window.violations"), [], "and the policy had nothing to stop");
  assert.equal((await window.driver.getAllWindowHandles()).length, 1);
});

test("even a script in the page is stopped by the policy", async () => {
  const address = `http://127.0.0.1:${server.address().port}`;
  await window.js(
    `const put = (tag, fields) => document.body.append(Object.assign(document.createElement(tag), fields));
     put("img", { src: arguments[0] + "/img" }); put("script", { textContent: "window.hacked = 99" }); put("iframe", { src: arguments[0] + "/frame" });
     fetch(arguments[0] + "/fetch").catch(() => {}); new Image().src = arguments[0] + "/image";
     try { eval("window.hacked = 98") } catch {} try { navigator.sendBeacon(arguments[0] + "/beacon") } catch {}
     try { new WebSocket(arguments[0].replace("http", "ws")) } catch {}`,
    address,
  );
  await eventually("it is reported", async () => (await window.js("return window.violations.length")) >= 4);
  await window.js("location.href = arguments[0] + '/navigation'", address);
  await window.js("window.open(arguments[0] + '/open')", address);
  await sleep(700);
  assert.ok((await window.driver.getCurrentUrl()).startsWith("tauri://localhost"));
  assert.deepEqual(asked, []);
  assert.equal(await window.js("return window.hacked"), 0);
});
