import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { commandLine, eventually, root, sample, Window } from "./window.mjs";

let window;
before(async () => {
  window = await Window.open({ settings: ["prepare-while-typing = false"] });
});
after(() => window?.close());

test("a fresh window has a model that is ready, and samples to try", async () => {
  await eventually("the model is ready", async () => {
    const { ok } = await window.invoke("boot");
    return ok.status.state.at === "ready" && ok.status.model.builtIn;
  });
  assert.equal((await window.all("attachment")).length, 0);
  assert.equal((await window.all("chat-item")).length, 0);
  await window.screenshot("first-run");
});

test("a sample is asked about and answered as on the command line", async () => {
  await window.click("sample-dialog");
  await eventually("the picture is attached", async () => (await window.all("attachment")).length === 1);
  const field = await window.find("question");
  await field.clear();
  const question = "What does the button say?";
  await window.ask(question);
  const answer = await window.answered(1);
  assert.ok(answer.length > 0);
  assert.equal(answer.replace(/\s+/g, " "), commandLine(sample("dialog"), question).trim().replace(/\s+/g, " "));
  await window.screenshot("answered");
});

test("a follow-up reads only what is new", async () => {
  await window.ask("What is the title?");
  const answer = await window.answered(2);
  assert.ok(answer.length > 0);
  const [{ id }] = (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok;
  const { ok: chat } = await window.invoke("chat_open", { id });
  assert.equal(chat.messages.length, 4);
  const { took } = chat.messages[3];
  assert.ok(took.cachedTokens > took.readTokens, JSON.stringify(took));
});

test("the proof shows what is open, which is the test's own driver", async () => {
  const { ok } = await window.invoke("network");
  assert.equal(ok.supported, true);
  assert.equal(ok.nDownloads, 0);
  // The driver talks to the webview by one port of this machine; a window that no test drives has none.
  const port = ok.sockets.find((socket) => socket.state === "listening")?.local;
  assert.ok(port?.startsWith("127.0.0.1:"));
  const others = ok.sockets.filter((socket) => socket.local !== port && socket.remote !== port);
  assert.deepEqual(others, []);
});

test("the page can reach nothing but its own commands", async () => {
  for (const [command, args] of [
    ["plugin:event|listen", { event: "x", target: { kind: "Any" }, handler: 0 }],
    ["plugin:window|close", { label: "main" }],
    ["plugin:webview|create_webview_window", { options: { label: "x", url: "https://example.org/" } }],
    ["plugin:path|resolve_directory", { directory: 1 }],
    ["plugin:window-state|save_window_state", { flags: 1 }],
    ["no_such_command", {}],
  ]) {
    const { ok, error } = await window.invoke(command, args);
    assert.ok(error !== undefined && ok === undefined, `${command} was allowed`);
  }
  const loaded = await window.driver.executeAsyncScript(`const done = arguments[0];
    const image = new Image(); image.onload = () => done(true); image.onerror = () => done(false);
    image.src = "picture://localhost/" + encodeURIComponent("../../../etc/passwd") + "%2Ffull";`);
  assert.equal(loaded, false);
});

test("axe finds nothing to mend", async () => {
  await window.driver.executeScript(readFileSync(join(root, "ui/node_modules/axe-core/axe.min.js"), "utf8"));
  const violations = await window.driver.executeAsyncScript(
    "const done = arguments[0]; axe.run(document).then((result) => done(result.violations.map((one) => one.id + ': ' + one.nodes[0].html)))",
  );
  assert.deepEqual(violations, []);
});
