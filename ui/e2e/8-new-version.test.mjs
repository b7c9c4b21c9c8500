// Whether there is a newer version: a real server is asked once, when the person wants to know.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { press } from "./desktop.mjs";
import { eventually, Window } from "./window.mjs";

const requests = [];
let release = { tag_name: "v99.1.0", html_url: "https://example.org/releases/v99.1.0" };
const server = createServer((request, response) => {
  requests.push(request);
  response.end(JSON.stringify(release));
});
let window;
before(async () => {
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  window = await Window.open({ env: { LORGNETTE_RELEASES: `http://127.0.0.1:${port}/repos/a/b/releases/latest` } });
});
after(async () => {
  await window?.close();
  server.close();
});

const told = async () => (await window.texts("newest-version"))[0];

test("nothing is asked before the button, and what it says is shown", async () => {
  await press(window, "ctrl+comma");
  const tabs = await window.driver.findElements({ css: "[role=tab]" });
  await tabs.at(-1).click();
  await window.find("check-version");
  assert.equal(requests.length, 0);
  await window.click("check-version");
  await eventually("it is told", async () => (await told()) === "Version 99.1.0 is there.");
  assert.deepEqual(requests.map((one) => [one.method, one.url, one.headers["user-agent"]]), [["GET", "/repos/a/b/releases/latest", "lorgnette"]]);
  await window.screenshot("new-version");
});

test("its page is opened only after its address was seen", async () => {
  await window.click("version-page");
  const address = await eventually("the address is shown", () => window.js("return document.querySelector('[role=alertdialog] .address')?.textContent"));
  assert.equal(address, "https://example.org/releases/v99.1.0");
  await press(window, "Escape");
});

test("an answer that is no release is no new version", async () => {
  release = { tag_name: "nightly" };
  await press(window, "ctrl+comma");
  const tabs = await window.driver.findElements({ css: "[role=tab]" });
  await tabs.at(-1).click();
  await window.click("check-version");
  await eventually("it says so", () => window.js("return /is no release/.test(document.querySelector('[role=dialog]')?.textContent ?? '')"));
});
