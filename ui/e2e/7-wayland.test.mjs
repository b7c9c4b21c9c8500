// The screen and keys of the whole desktop under Wayland, where the desktop is asked for both.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";

import { speechService } from "./ears.mjs";
import { session, size } from "./wayland.mjs";
import { commandLine, eventually, newHome, program, root, sample, Window } from "./window.mjs";

const DESCRIBE = "Describe this picture.";
const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");
const [width, height] = [272, 128]; // of the sample
const middle = `${(size.width - width) / 2},${(size.height - height) / 2}`;

let desktop, service, window;
before(async () => {
  desktop = await session(sample("dialog"));
  service = await speechService();
});
after(async () => {
  await window?.close();
  await service?.end();
  await desktop?.end();
});

function describe(...args) {
  const all = ["describe", ...args, "--ask", DESCRIBE, "--model", "pocket", "--temperature", "0", "--json"];
  const done = spawnSync(process.env.LORGNETTE_CLI, all, { env: desktop.env, encoding: "utf8", timeout: 60_000 });
  return { ...done, answer: done.status === 0 ? JSON.parse(done.stdout).answer : null };
}

function refused(args, said) {
  const { status, stderr } = describe(...args);
  assert.equal(status, 1, stderr);
  assert.match(stderr, said);
  assert.match(stderr, /hint: take a screenshot with the system's own key, copy it, and use --clipboard/);
}

test("the command line sees the screen, a part of it, and what the person picks", async () => {
  const { answer, stderr } = describe("--screen");
  assert.equal(answer, commandLine(desktop.grab(), DESCRIBE), stderr);
  assert.ok(!existsSync("/tmp/out.png"), "the portal's file is left behind");
  const expected = commandLine(sample("dialog"), DESCRIBE);
  assert.equal(describe("--region", `${middle},${width},${height}`).answer, expected);
  desktop.picks(`${middle} ${width}x${height}`);
  assert.equal(describe("--window").answer, expected);
});

test("the clipboard is read, without a window that has the focus", async () => {
  desktop.copy(sample("sign"));
  const expected = commandLine(sample("sign"), DESCRIBE);
  await eventually("it is copied", () => describe("--clipboard").answer === expected, 10_000);
});

test("so are pictures that are no PNG, and files that were copied", async () => {
  const turned = join(root, "crates/lorgnette-image/tests/fixtures/forms/exif-6.jpg");
  desktop.copy(turned, "image/jpeg");
  const jpeg = commandLine(turned, DESCRIBE);
  await eventually("the JPEG is read, turned as it says", () => describe("--clipboard").answer === jpeg, 10_000);
  const list = join(desktop.folder, "list");
  writeFileSync(list, `${pathToFileURL(sample("receipt"))}\r\n`);
  desktop.copy(list, "text/uri-list");
  const file = commandLine(sample("receipt"), DESCRIBE);
  await eventually("the file is read", () => describe("--clipboard").answer === file, 10_000);
  desktop.copy(sample("sign"));
  const png = commandLine(sample("sign"), DESCRIBE);
  await eventually("the next one is copied", () => describe("--clipboard").answer === png, 10_000);
});

test("it says what is wrong: outside, cancelled", () => {
  refused(["--region", "5000,0,10,10"], /the screen gives no picture: it has 800 × 600 pixels, and the region lies outside/);
  desktop.picks(null);
  refused(["--window"], /the window gives no picture: it was not allowed, or was cancelled/);
});

const spokenSince = (n) => letters(service.said().slice(n).join(""));
const bound = () => desktop.told("bound").at(-1);
async function set(change) {
  const { ok: { settings } } = await window.invoke("boot");
  const { error } = await window.invoke("set_settings", { settings: { ...settings, ...change } });
  assert.equal(error, undefined);
}

test("the desktop is asked for the keys, and hears them", async (t) => {
  // Its window stays away, so that the screen is the sample's.
  window = await Window.open({ home: newHome(), args: ["--do", "silence"], env: { ...desktop.env, ...service.env }, settings: ["anywhere = true"] });
  await eventually("the keys are asked for", bound);
  assert.deepEqual(bound().shortcuts.screen, { description: "Describe the screen", preferred_trigger: "CTRL+ALT+SHIFT+s" });
  assert.equal(Object.keys(bound().shortcuts).length, 7);
  const expected = commandLine(desktop.grab(), DESCRIBE);
  const before = service.said().length;
  const pressed = performance.now();
  desktop.say("press screen");
  await eventually("it is spoken", () => service.said().length > before);
  t.diagnostic(`spoken after ${Math.round(performance.now() - pressed)} ms`);
  await eventually("all of it is spoken", () => spokenSince(before).includes(letters(expected)), 20_000);
});

test("a part that the person picks is described, the clipboard too; what was cancelled is said", async () => {
  desktop.picks(`${middle} ${width}x${height}`);
  let before = service.said().length;
  desktop.say("press region");
  const expected = letters(commandLine(sample("dialog"), DESCRIBE));
  await eventually("it is spoken", () => spokenSince(before).includes(expected), 20_000);
  before = service.said().length;
  desktop.say("press clipboard");
  const copied = letters(commandLine(sample("sign"), DESCRIBE));
  await eventually("the clipboard is spoken", () => spokenSince(before).includes(copied), 20_000);
  desktop.picks(null);
  before = service.said().length;
  desktop.say("press window");
  await eventually("the fault is spoken", () => /no picture of it/.test(service.said().slice(before).join(" ")));
});

test("other keys are a session of their own; without any keys there is none", async () => {
  const { ok: bindings } = await window.invoke("key_bindings");
  assert.deepEqual(bindings.filter((one) => one.fault).map((one) => one.action), ["again"]);
  const first = bound().session;
  await set({ anywhereKeys: { screen: "Ctrl+Alt+F9", window: "" } });
  await eventually("others are asked for", () => bound().session !== first && bound());
  assert.equal(desktop.told("closed").at(-1).session, first);
  assert.equal(bound().shortcuts.screen.preferred_trigger, "CTRL+ALT+F9");
  assert.equal(bound().shortcuts.window, undefined);
  desktop.say("close");
  await eventually("the loss is known", async () => (await window.invoke("key_bindings")).ok.find((one) => one.action === "screen").fault === "the desktop has taken them back");
  await set({ anywhereKeys: {} });
  await eventually("the usual ones are asked for", () => bound().shortcuts.window);
  await set({ anywhere: false });
  await eventually("they are given back", () => desktop.told("closed").at(-1).session === bound().session);
});

test("a desktop may want the person's leave, and say no", async () => {
  await desktop.without("screen");
  const file = join(desktop.folder, "a picture of 100 %.png");
  copyFileSync(sample("sign"), file);
  desktop.say(`show ${file}`);
  assert.equal(describe("--screen").answer, commandLine(sample("sign"), DESCRIBE));
  assert.ok(!existsSync(file), "it is left behind");
  await eventually("the person was asked", () => desktop.told("asked").length === 1);
  desktop.forgetLeave();
  desktop.say("allow no");
  refused(["--screen"], /the screen gives no picture: it was not allowed, or was cancelled/);
  await eventually("the person was asked again", () => desktop.told("asked").length === 2);
});

test("where the desktop has no portal, it is said why, and what else there is", async () => {
  await desktop.without("test");
  await set({ anywhere: true });
  const { ok: bindings } = await window.invoke("key_bindings");
  assert.equal(bindings.find((one) => one.action === "screen").fault, "this desktop has no portal for it (xdg-desktop-portal GlobalShortcuts)");
  refused(["--screen"], /the screen gives no picture: this desktop has no portal for it \(xdg-desktop-portal Screenshot\)/);
  // The desktop's keyboard settings call this.
  const env = { ...desktop.env, LORGNETTE_HOME: window.home };
  const before = service.said().length;
  assert.equal(spawnSync(program, ["--do", "screen"], { env }).status, 0);
  await eventually("the fault is spoken", () => /no portal/.test(service.said().slice(before).join(" ")));
});
