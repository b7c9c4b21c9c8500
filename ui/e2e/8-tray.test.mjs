// The icon in the tray, which a program of ours stands in for.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { closeWindow, shown, windowsOf } from "./desktop.mjs";
import { By, eventually, Key, Window } from "./window.mjs";

const here = dirname(fileURLToPath(import.meta.url));
let tray;
let window;
const said = [];
before(async () => {
  tray = spawn("/usr/bin/python3", [join(here, "tray-host.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface({ input: tray.stdout });
  await once(lines, "line");
  lines.on("line", (line) => said.push(JSON.parse(line)));
  window = await Window.open({ settings: ["keep-in-tray = true"] });
});
after(async () => {
  await window?.close();
  tray.kill();
});

const isShown = () => windowsOf(window.pid).length > 0;

test("an icon is there when it is wanted, with the person's words", async () => {
  const menu = await eventually("the icon has come", () => said.at(-1));
  assert.equal(menu[0], "Show the window");
  assert.ok(menu.includes("New chat") && menu.at(-1) === "Quit", menu.join());
});

test("a window that is closed stays there, and comes back", async () => {
  closeWindow(await shown(window.pid));
  await eventually("it is hidden", () => !isShown());
  assert.ok(window.pid, "the program goes on");
  tray.stdin.write("Show the window\n");
  await eventually("it is back", isShown);
});

test("without the setting the icon goes, and closing ends the program", async () => {
  await window.driver.actions().keyDown(Key.CONTROL).sendKeys(",").keyUp(Key.CONTROL).perform();
  const box = By.xpath('//*[contains(text(), "Stay in the tray")]/ancestor::*[.//input][1]//input');
  await eventually("the setting is there", async () => {
    await window.driver.findElement(box).click();
    return true;
  });
  await eventually("it is kept", async () => !(await window.invoke("boot")).ok.settings.keepInTray);
  closeWindow(await shown(window.pid));
  await eventually("it has ended", () => window.pid === null);
});
