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

/** Windows of a program that are to be seen, by their ids. */
export function windowsOf(pid) {
  const found = spawnSync("xdotool", ["search", "--onlyvisible", "--pid", String(pid)], { encoding: "utf8" });
  return found.stdout.split("\n").filter(Boolean);
}

/** A program's window, when it is to be seen. */
export const shown = (pid) => eventually("the window is to be seen", () => windowsOf(pid).at(-1));

/** Closes a window as a person does: by the window manager's key. */
export function closeWindow(id) {
  xdotool("windowactivate", "--sync", id);
  xdotool("key", "alt+F4");
}

function geometry(id) {
  const lines = xdotool("getwindowgeometry", "--shell", id).split("\n");
  const values = Object.fromEntries(lines.map((line) => line.split("=")));
  return { x: Number(values.X), y: Number(values.Y), width: Number(values.WIDTH), height: Number(values.HEIGHT) };
}

/** Makes the window so many pixels higher. */
export async function grow(window, pixels) {
  const id = await shown(window.pid);
  const { width, height } = geometry(id);
  xdotool("windowsize", id, width, height + pixels);
}

/** Where the window's page begins on the screen, in pixels. */
async function origin(window) {
  // The page may be below a menu bar: its bottom right corner is the window's.
  const frame = geometry(await shown(window.pid));
  const [width, height] = await window.js("return [innerWidth, innerHeight]");
  return { x: frame.x + frame.width - width, y: frame.y + frame.height - height };
}

/** Drags a file from another window and lets it fall on an element. */
export async function drag(window, file, element) {
  const source = spawn("/usr/bin/python3", [join(here, "drag-source.py"), file], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await new Promise((done, fail) => {
      source.stdout.once("data", done);
      source.once("exit", () => fail(new Error("the drag source ended")));
    });
    const from = await eventually("the drag source is to be seen", () => {
      const id = xdotool("search", "--onlyvisible", "--name", "^Drag source$").split("\n").at(-1);
      xdotool("windowactivate", "--sync", id);
      return geometry(id);
    });
    const rect = await element.getRect();
    const at = await origin(window);
    const target = { x: Math.round(at.x + rect.x + rect.width / 2), y: Math.round(at.y + rect.y + rect.height / 2) };
    const start = { x: from.x + 30, y: from.y + 30 };
    xdotool("mousemove", start.x, start.y, "mousedown", 1);
    // Either program takes its time: the button is held until the page says that it may be let go.
    let step = 0;
    await eventually("the page knows of the drag", async () => {
      step += 1;
      const share = Math.min(1, step / 12);
      const sway = step % 2;
      xdotool("mousemove", Math.round(start.x + (target.x - start.x) * share) + sway, Math.round(start.y + (target.y - start.y) * share));
      await sleep(30);
      return share === 1 && (await window.all("veil")).length > 0;
    });
    // The answer to the last move comes before the drop.
    await sleep(300);
    xdotool("mouseup", 1);
    await eventually("the drag is over", async () => (await window.all("veil")).length === 0);
  } finally {
    spawnSync("xdotool", ["mouseup", "1"]);
    source.kill();
  }
}

/** Presses keys in the window, as a person does who works in it. */
export async function press(window, ...shortcuts) {
  xdotool("windowactivate", "--sync", await shown(window.pid));
  xdotool("key", "--window", "0", ...shortcuts);
}

/** Presses keys in the window, and gives the dialog of files that they open that path. */
export const chooseFile = (window, shortcut, path) => answerDialog(window, () => press(window, shortcut), path);

/** Gives the dialog of files that something opens that path. */
export async function answerDialog(window, open, path) {
  const own = await shown(window.pid);
  await open();
  const dialog = await eventually("the dialog is to be seen", () => windowsOf(window.pid).find((id) => id !== own && geometry(id).width > 200));
  xdotool("windowactivate", "--sync", dialog);
  // The key for a path, whether the dialog saves or opens; what stands there is replaced.
  xdotool("key", "ctrl+l");
  await sleep(300);
  xdotool("key", "ctrl+a");
  xdotool("type", "--delay", "5", path);
  await sleep(500); // its list of files follows what is typed
  xdotool("key", "Return");
  await eventually("the dialog is gone", () => !windowsOf(window.pid).includes(dialog), 15_000);
}

/** Puts a file's bytes into the clipboard as that type, as another program would. */
export function copy(type, file) {
  // It stays in the background until something else is copied.
  const owner = spawn("xclip", ["-selection", "clipboard", "-t", type, "-i", file, "-quiet"], { stdio: "ignore" });
  return { end: () => owner.kill() };
}

/** The same, when it can be pasted. */
export async function copied(type, file) {
  const owner = copy(type, file);
  const targets = () => spawnSync("xclip", ["-selection", "clipboard", "-o", "-t", "TARGETS"], { encoding: "utf8" }).stdout.split("\n");
  await eventually(`${type} is in the clipboard`, () => targets().includes(type));
  return owner;
}

/** Presses keys where the focus is. */
export function keys(...names) {
  xdotool("key", ...names);
}

/** Types where the focus is. */
export function type(text, delayMs = 20) {
  xdotool("type", "--delay", String(delayMs), text);
}
