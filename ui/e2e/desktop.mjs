// What a person does outside of the page: drags from a file manager, copies in another program.
import { spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { eventually, sleep } from "./window.mjs";

const here = dirname(fileURLToPath(import.meta.url));

function xdotool(...args) {
  const done = spawnSync("xdotool", args.map(String), { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`xdotool ${args.join(" ")}: ${done.stderr}`);
  return done.stdout.trim();
}

/** Where the window's page begins on the screen, in pixels. */
async function origin(window) {
  // The page may be below a menu bar: its bottom right corner is the window's.
  const [id] = xdotool("search", "--onlyvisible", "--pid", window.pid).split("\n").slice(-1);
  const geometry = Object.fromEntries(xdotool("getwindowgeometry", "--shell", id).split("\n").map((line) => line.split("=")));
  const [width, height] = await window.js("return [innerWidth, innerHeight]");
  return { x: Number(geometry.X) + Number(geometry.WIDTH) - width, y: Number(geometry.Y) + Number(geometry.HEIGHT) - height };
}

/** Drags a file from another window and lets it fall on an element. */
export async function drag(window, file, element) {
  const source = spawn("/usr/bin/python3", [join(here, "drag-source.py"), file], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await new Promise((done, fail) => {
      source.stdout.once("data", done);
      source.once("exit", () => fail(new Error("the drag source ended")));
    });
    await sleep(300); // the window manager puts it in its place
    const from = await eventually("the drag source is to be seen", () => {
      const id = xdotool("search", "--name", "^Drag source$").split("\n").at(-1);
      xdotool("windowactivate", "--sync", id);
      return xdotool("getwindowgeometry", "--shell", id).split("\n").map((line) => line.split("="));
    });
    const { X, Y } = Object.fromEntries(from);
    const rect = await element.getRect();
    const at = await origin(window);
    const target = { x: Math.round(at.x + rect.x + rect.width / 2), y: Math.round(at.y + rect.y + rect.height / 2) };
    let [x, y] = [Number(X) + 30, Number(Y) + 30];
    xdotool("mousemove", x, y, "mousedown", 1);
    for (let step = 0; step < 6; step += 1) {
      x += 4;
      y += 4;
      xdotool("mousemove", x, y);
      await sleep(30);
    }
    for (let step = 1; step <= 12; step += 1) {
      xdotool("mousemove", Math.round(x + ((target.x - x) * step) / 12), Math.round(y + ((target.y - y) * step) / 12));
      await sleep(30);
    }
    await sleep(300);
    xdotool("mouseup", 1);
  } finally {
    await sleep(300);
    source.kill();
  }
}

/** Puts a file's bytes into the clipboard as that type, as another program would. */
export function copy(type, file) {
  // It stays in the background until something else is copied.
  const owner = spawn("xclip", ["-selection", "clipboard", "-t", type, "-i", file, "-quiet"], { stdio: "ignore" });
  return { end: () => owner.kill() };
}

/** Presses keys where the focus is. */
export function keys(...names) {
  xdotool("key", ...names);
}
