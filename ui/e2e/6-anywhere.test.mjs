// Quick actions, from anywhere on the desktop: keys that work while another program has the focus, and keeps it.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, test } from "node:test";

import { copied, copy, keys, windowsOf } from "./desktop.mjs";
import { speechService, tree } from "./ears.mjs";
import { chooseTalker, commandLine, eventually, makeModel, newHome, program, sample, Window } from "./window.mjs";

const DESCRIBE = "Describe this picture.";
const xdotool = (...args) => spawnSync("xdotool", args, { encoding: "utf8" }).stdout.trim();
const letters = (text) => text.replace(/[^\p{L}\p{N}]/gu, "");

let window, service, shown, shownId, place;
const home = newHome();
const open = (home) => Window.open({ home, env: { ...service.env, NO_AT_BRIDGE: "0" }, settings: ["anywhere = true", "speech-rate = -100"] });
before(async () => {
  service = await speechService();
  window = await open(home);
  shown = spawn("display", ["-title", "Shown by a test", sample("dialog")], { stdio: "ignore" });
  shownId = await eventually("the picture is on the screen", () => xdotool("search", "--onlyvisible", "--name", "^Shown by a test").split("\n").at(-1));
  xdotool("windowactivate", "--sync", shownId);
  place = Object.fromEntries(xdotool("getwindowgeometry", "--shell", shownId).split("\n").map((line) => line.split("=")));
});
after(async () => {
  shown?.kill();
  await window?.close();
  await service?.end();
});

const panel = () => tree(window.pid);
const shows = (text) => () => panel().some((one) => letters(one.name + (one.text ?? "")).includes(letters(text)));
const spokenSince = (n) => letters(service.said().slice(n).join(""));

test("the window is described aloud, in a panel, and keeps the focus", async (t) => {
  const expected = commandLine(sample("dialog"), DESCRIBE).trim();
  const before = service.said().length;
  const pressed = performance.now();
  keys("ctrl+alt+shift+w");
  await eventually("it is spoken", () => service.said().length > before);
  t.diagnostic(`spoken after ${Math.round(performance.now() - pressed)} ms`);
  await eventually("all of it is spoken", () => spokenSince(before).includes(letters(expected)), 20_000);
  assert.equal(xdotool("getactivewindow"), shownId, "the focus was taken");
  await eventually("the panel names what it describes", shows("Describe the window"));
});

test("keys bring silence, and the panel goes", async () => {
  const before = service.said().length;
  keys("ctrl+alt+shift+a");
  await eventually("it speaks again", () => service.said().length > before);
  assert.equal(windowsOf(window.pid).length, 2);
  keys("ctrl+alt+shift+x");
  await eventually("the panel is gone", () => windowsOf(window.pid).length === 1);
  assert.equal(xdotool("getactivewindow"), shownId);
});

test("what is around the pointer is described, and kept as a chat", async (t) => {
  const before = service.said().length;
  xdotool("mousemove", String(Number(place.X) + Math.round(place.WIDTH / 2)), String(Number(place.Y) + Math.round(place.HEIGHT / 2)));
  const pressed = performance.now();
  keys("ctrl+alt+shift+r");
  const [first] = await eventually("it is spoken", () => service.said().length > before && service.said().slice(before));
  t.diagnostic(`512 x 512 pixels: "${first}" spoken after ${Math.round(performance.now() - pressed)} ms`);
  await eventually("the window has the chat", async () => (await window.all("chat-item")).length >= 2);
});

test("a shell can call them too, and hears what is wrong", async () => {
  const env = { ...process.env, LORGNETTE_HOME: home };
  const run = (...args) => spawnSync(program, args, { env, encoding: "utf8" });
  const wrong = run("--do", "dance");
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /--do names nothing that can be done\nhint: use screen, window/);

  const picture = copy("image/png", sample("sign"));
  const expected = commandLine(sample("sign"), DESCRIBE).trim();
  let before = service.said().length;
  await eventually("the clipboard is read", () => {
    assert.equal(run("--do", "clipboard").status, 0);
    return eventually("spoken", () => spokenSince(before).includes(letters(expected)), 4000).then(() => true, () => false);
  }, 20_000);
  picture.end();

  // A file that was copied in a file manager.
  const list = join(home, "list");
  writeFileSync(list, `copy\n${pathToFileURL(sample("receipt"))}`);
  const file = await copied("x-special/gnome-copied-files", list);
  before = service.said().length;
  run("--do", "clipboard");
  const receipt = commandLine(sample("receipt"), DESCRIBE).trim();
  await eventually("the file is described", () => spokenSince(before).includes(letters(receipt)), 20_000);
  file.end();

  before = service.said().length;
  const words = await copied("text/plain", sample("sign"));
  run("--do", "clipboard");
  await eventually("the fault is spoken", () => /no picture/.test(service.said().slice(before).join(" ")));
  words.end();
  assert.equal(xdotool("getactivewindow"), shownId);
});

// A second is promised from the key to the first word. How long it takes is printed; LORGNETTE_RUNS=10 measures it.
const RUNS = Number(process.env.LORGNETTE_RUNS ?? 3);

test("the text of a window is read to the letter and by no model", async (t) => {
  const picture = join(import.meta.dirname, "../../docs/screenshots/answer-1280-light.png");
  const read = spawnSync(process.env.LORGNETTE_CLI, ["read", picture], { encoding: "utf8" });
  assert.ok([0, 3].includes(read.status), read.stderr); // 3: it says what it could not read
  const lines = read.stdout.trim().split("\n").filter((line) => letters(line) !== "");
  // Nothing but the picture: the desktop's own words around it are text, too.
  const times = [];
  for (let run = 0; run < RUNS; run++) {
    // A picture that was read once is known: each run has one of its own.
    const shown = join(home, `page-${run}.png`);
    execFileSync("convert", [picture, "-fill", "red", "-draw", `point ${run},799`, shown]);
    const page = spawn("display", ["-borderwidth", "0", "-title", `A page shown by test ${run}`, shown], { stdio: "ignore" });
    const pageId = await eventually("the page is on the screen", () => xdotool("search", "--onlyvisible", "--name", `^A page shown by test ${run}$`).split("\n").at(-1));
    xdotool("windowactivate", "--sync", pageId);
    const before = service.said().length;
    const pressed = performance.now();
    keys("ctrl+alt+shift+t");
    const [first] = await eventually("it is spoken", () => service.said().length > before && service.said().slice(before));
    times.push(Math.round(performance.now() - pressed));
    assert.equal(letters(first), letters(lines[0]));
    if (run === RUNS - 1) {
      await eventually("the panel has all of it", shows(lines.at(-1)));
      await eventually("one line is said after the other", () => spokenSince(before).startsWith(letters(lines.slice(0, 3).join(""))), 60_000);
      assert.equal(xdotool("getactivewindow"), pageId, "the focus was taken");
    }
    keys("ctrl+alt+shift+x");
    await eventually("the panel is gone", () => windowsOf(window.pid).length === 1);
    page.kill();
  }
  xdotool("windowactivate", "--sync", shownId);
  times.sort((a, b) => a - b);
  t.diagnostic(`1280 x 800 pixels, ${lines.length} lines: ${times.join(", ")} ms from the key to the first word`);
});

test("of a model that is slow, the wait is said before anything else", async (t) => {
  await window.close();
  const slow = newHome();
  mkdirSync(join(slow, "cache"), { recursive: true });
  writeFileSync(join(slow, "cache/speeds.json"), JSON.stringify({ pocket: { encode_flop_per_s: 1e9, prefill_tokens_per_s: 10 } }));
  window = await open(slow);
  xdotool("windowactivate", "--sync", shownId);
  const before = service.said().length;
  const pressed = performance.now();
  keys("ctrl+alt+shift+w");
  const [wait] = await eventually("it is spoken", () => service.said().length > before && service.said().slice(before));
  t.diagnostic(`"${wait}" spoken after ${Math.round(performance.now() - pressed)} ms`);
  assert.match(wait, /^about \d+ seconds$/i);
  await eventually("then the answer", () => service.said().length > before + 1);
});

test("a first look of a model that is slow is shown, and said before the answer", async () => {
  await window.close();
  const slow = newHome();
  const WORDS = "The sign names an open door!";
  const model = makeModel(slow, "slow", "--says", WORDS);
  mkdirSync(join(slow, "cache"), { recursive: true });
  writeFileSync(join(slow, "cache/speeds.json"), JSON.stringify({ [model]: { encode_flop_per_s: 1e6, prefill_tokens_per_s: 1, decode_tokens_per_s: 1 } }));
  window = await open(slow);
  await chooseTalker(window, model);
  xdotool("windowactivate", "--sync", shownId);
  const before = service.said().length;
  keys("ctrl+alt+shift+w");
  const said = await eventually("the answer is spoken", () => {
    const all = service.said().slice(before);
    return all.includes(WORDS) && all;
  });
  const [look, answer] = [said.indexOf(`First look: ${WORDS}`), said.indexOf(WORDS)];
  assert.ok(look >= 0 && look < answer, String(said));
  // What was said is a message, too: the panel itself comes behind them.
  await eventually("the panel has the answer, and the first look no more", () => {
    const all = panel();
    const own = all.slice(all.findIndex((one) => one.name === "Describe the window")).map((one) => one.name + (one.text ?? "")).join("\n");
    return own.includes(WORDS) && !own.includes("First look");
  });
});
