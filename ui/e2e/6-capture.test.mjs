// What is on the screen, described from a shell.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { after, before, test } from "node:test";

import { copy } from "./desktop.mjs";
import { commandLine, eventually, sample } from "./window.mjs";

const QUESTION = "Describe this picture.";
const describe = (...args) => {
  const asked = ["describe", ...args, "--ask", QUESTION, "--model", "pocket", "--temperature", "0"];
  const done = spawnSync(process.env.LORGNETTE_CLI, asked, { encoding: "utf8" });
  return { code: done.status, answer: done.stdout.trim(), error: done.stderr };
};

/** The frame that the window manager put around a window, in pixels. */
function xprop(id) {
  const { stdout } = spawnSync("xprop", ["-id", id, "_NET_FRAME_EXTENTS"], { encoding: "utf8" });
  const sides = /= (\d+), (\d+), (\d+), (\d+)/.exec(stdout);
  return sides && { left: Number(sides[1]), top: Number(sides[3]) };
}

let shown;
let place;
before(async () => {
  shown = spawn("display", ["-title", "Shown by a test", sample("dialog")], { stdio: "ignore" });
  place = await eventually("the picture is on the screen", () => {
    const xdotool = (...args) => spawnSync("xdotool", args, { encoding: "utf8" }).stdout;
    const id = xdotool("search", "--onlyvisible", "--name", "^Shown by a test").trim().split("\n").at(-1);
    if (!id) return null;
    xdotool("windowactivate", "--sync", id);
    const lines = xdotool("getwindowgeometry", "--shell", id).split("\n").map((line) => line.split("="));
    const { X, Y, WIDTH, HEIGHT } = Object.fromEntries(lines);
    // xdotool counts the frame of a window twice.
    const frame = xprop(id);
    const active = xdotool("getactivewindow").trim();
    return active === id && frame ? [X - frame.left, Y - frame.top, WIDTH, HEIGHT].join(",") : null;
  });
});
after(() => shown.kill());

test("a window and a region are read as the file that they show", async () => {
  const expected = commandLine(sample("dialog"), QUESTION).trim();
  // It is drawn a moment after it is there.
  await eventually("the window is read", () => describe("--window").answer === expected, 20_000);
  const region = describe("--region", place);
  assert.deepEqual({ code: region.code, answer: region.answer }, { code: 0, answer: expected }, region.error);
});

test("so is the clipboard", async () => {
  const copied = copy("image/png", sample("sign"));
  const expected = commandLine(sample("sign"), QUESTION).trim();
  await eventually("the clipboard is read", () => describe("--clipboard").answer === expected, 20_000);
  copied.end();
});

test("what cannot be seen is told in a line, with what to do", () => {
  const outside = describe("--region", "60000,0,10,10");
  assert.equal(outside.code, 1);
  assert.match(outside.error, /the region lies outside\nhint: /);
  assert.equal(describe("--region", "1,2,3").code, 2);
  assert.equal(describe("--screen", "--clipboard").code, 2);
});
