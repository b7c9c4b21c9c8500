// Connections: other programs ask the model of the window, and a server answers instead of one.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { drag } from "./desktop.mjs";
import { eventually, freePort, Key, newHome, sample, Window } from "./window.mjs";

const QUESTION = "What does the button say?";
const home = newHome();
const port = await freePort();
let window;
let ofDriver = new Set();
before(async () => {
  window = await Window.open({ home, settings: [`serve-port = ${port}`] });
  ofDriver = new Set(listening());
});
after(() => window?.close());

async function openConnections() {
  await window.driver.actions().keyDown(Key.CONTROL).sendKeys(",").keyUp(Key.CONTROL).perform();
  const tab = await eventually("the page's tab is there", async () => (await window.js("return [...document.querySelectorAll('[role=tab]')].find((one) => one.textContent === 'Connections')")) ?? false);
  await tab.click();
  await window.find("serve");
}
async function closeDialog() {
  await window.driver.actions().sendKeys(Key.ESCAPE).perform();
  await eventually("the dialog is closed", async () => (await window.all("serve")).length === 0);
}

/** Asks as another program does. */
async function request(path, token, body, more = {}) {
  const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}), ...more };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}
function about(name) {
  const url = `data:image/png;base64,${readFileSync(sample(name)).toString("base64")}`;
  return { messages: [{ role: "user", content: [{ type: "text", text: QUESTION }, { type: "image_url", image_url: { url } }] }] };
}
/** Addresses at which the program listens, as the kernel has them: bytes from last to first, then the port. The driver has one, too. */
function listening() {
  const { pid } = window;
  const ours = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
    } catch {
      return undefined; // it was closed meanwhile
    }
  }));
  const LISTEN = "0A";
  const lines = ["tcp", "tcp6"].flatMap((name) => readFileSync(`/proc/net/${name}`, "utf8").trim().split("\n").slice(1));
  const sockets = lines.map((line) => line.trim().split(/\s+/)).filter((parts) => parts[3] === LISTEN && ours.has(parts[9]));
  return sockets.map((parts) => parts[1]).filter((address) => !ofDriver.has(address));
}
const LOOPBACK = "0100007F";

test("nobody may ask until it is switched on; then other programs are answered with the token alone", async () => {
  await assert.rejects(request("/v1/models"), /fetch failed/);
  await openConnections();
  await window.click("serve");
  await eventually("it says where", async () => (await window.texts("serve-address"))[0] === `http://127.0.0.1:${port}/v1`);
  assert.deepEqual((await window.texts("last-use")), ["Nobody has asked yet."]);
  await window.click("show-token");
  const token = await eventually("the token is shown", async () => /^lorgnette-\S+$/.exec((await window.texts("serve-token"))[0])?.[0]);
  assert.equal((await request("/v1/models")).status, 401);
  assert.equal((await request("/v1/models", token, undefined, { Origin: "https://example.org" })).status, 403);
  assert.deepEqual((await request("/v1/models", token)).body.data.map((model) => model.id), ["pocket"]);
  const { status, body } = await request("/v1/chat/completions", token, about("dialog"), { "User-Agent": "Note taker 1.0" });
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.choices[0].message.content, "Install later");
  await eventually("who asked is said", async () => /^Last: Note taker 1\.0, /.test((await window.texts("last-use"))[0]));
  await window.screenshot("other-programs");
  assert.deepEqual(listening(), [`${LOOPBACK}:${port.toString(16).toUpperCase().padStart(4, "0")}`]);
  assert.equal((await window.all("chat-item")).length, 0, "nothing of it is kept");

  await window.click("new-token");
  await eventually("there is another token", async () => (await window.texts("serve-token"))[0] !== token);
  assert.equal((await request("/v1/models", token)).status, 401);
});

test("when it is switched off nobody listens any more", async () => {
  await window.click("serve");
  await eventually("nobody listens", () => listening().length === 0);
  await assert.rejects(request("/v1/models"), /fetch failed/);
});

test("a port that another program has is said", async () => {
  const other = createServer();
  await new Promise((done) => other.listen(port, "127.0.0.1", done));
  await window.click("serve");
  await eventually("it is said", async () => /Other programs cannot ask/.test(await window.js("return document.querySelector('[role=tabpanel]').innerText")));
  await window.screenshot("port-taken");
  await new Promise((done) => other.close(done));
  await window.click("serve");
  await window.click("serve");
  await eventually("it listens", () => listening().length === 1);
  await window.click("serve");
  await eventually("nobody listens", () => listening().length === 0);
  await closeDialog();
});

test("a server is connected, answers while it is chosen, and is forgotten", async () => {
  const theirs = newHome();
  const env = { ...process.env, LORGNETTE_HOME: theirs };
  const token = spawnSync(process.env.LORGNETTE_CLI, ["serve", "--show-token"], { env, encoding: "utf8" }).stdout.trim();
  const server = spawn(process.env.LORGNETTE_CLI, ["serve", "--model", "pocket", "--port", "0"], { env, stdio: ["ignore", "pipe", "ignore"] });
  try {
    const address = await new Promise((done) => server.stdout.once("data", (line) => done(String(line).trim())));
    await openConnections();
    for (const [field, value] of [["name", "desk"], ["url", address], ["key", token]]) await (await window.find(`server-${field}`)).sendKeys(value);
    await window.click("connect-server");
    await window.find("server");
    await window.screenshot("connected");
    assert.deepEqual(await window.texts("leaves"), ["Nothing leaves this computer"]);
    const choose = await window.js("return [...document.querySelector('[data-testid=server]').querySelectorAll('button')].find((one) => one.textContent.trim() === 'Use this model')");
    await choose.click();
    await eventually("it says where pictures go", async () => /^Pictures go to 127\.0\.0\.1/.test((await window.texts("leaves"))[0]));
    await closeDialog();
    await drag(window, sample("dialog"), await window.find("drop-zone"));
    await eventually("the picture is attached", async () => (await window.all("attachment")).length === 1);
    await window.ask(QUESTION);
    assert.match(await window.answered(1), /Install later/);
    await window.screenshot("remote-answer");

    server.kill("SIGKILL");
    await new Promise((done) => server.once("exit", done));
    await window.ask("And once more?");
    await eventually("it is said that the server is gone", async () => /cannot be reached/.test(await window.js("return document.body.innerText")));
    await window.screenshot("server-gone");
  } finally {
    server.kill("SIGKILL");
  }
  await openConnections();
  await (await window.js("return [...document.querySelector('[data-testid=server]').querySelectorAll('button')].find((one) => one.textContent.trim() === 'Forget')")).click();
  await eventually("it is forgotten", async () => (await window.all("server")).length === 0);
  await eventually("nothing leaves", async () => (await window.texts("leaves"))[0] === "Nothing leaves this computer");
});
