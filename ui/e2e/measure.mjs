// How quick the window is: prints what scripts/measure-window says.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

import { copied, press, type } from "./desktop.mjs";
import { pdf } from "./pdf.mjs";
import { chooseTalker, eventually, Key, newHome, program, sample, Window, writeSettings } from "./window.mjs";

const N_STARTS = 20;
const N_KEYS = 200;
/** Between two keys: 150 words a minute. */
const KEY_MS = 80;
const N_CHATS = 10_000;
const N_LOOKS = 200;
const N_PAGES = 1000;
const N_OPENINGS = 10;

const manager = spawn("openbox", ["--sm-disable"], { stdio: "ignore" });

function say(what, ms) {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)].toFixed(0);
  console.log(`${what}: ${ms.length} times, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, most ${at(1)} ms`);
}

/** When a process was started, in milliseconds since 1970; the system counts hundredths of a second. */
function startedAt(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
  const boot = Number(/^btime (\d+)/m.exec(readFileSync("/proc/stat", "utf8"))[1]);
  const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]) * 1000;
  // Uptime is finer than the second in which the system says that it was started.
  const since = Math.abs(Date.now() - uptime - boot * 1000) < 2000 ? Date.now() - uptime : boot * 1000;
  return since + ticks * 10;
}

/** From the process to the page that can be used: state, first paint and keys are there. */
async function starts() {
  const home = newHome();
  const usable = [];
  for (let i = 0; i <= N_STARTS; i += 1) {
    const window = await Window.open({ home });
    const started = startedAt(window.pid);
    const at = await window.js("return performance.timeOrigin + performance.getEntriesByName('usable')[0].startTime");
    // The first warms the caches of the system and of the webview.
    if (i > 0) usable.push(at - started);
    await window.close();
  }
  say("from start to a usable page, under a driver", usable);
}

/** The same without a driver: from the process to its window on the screen. */
async function appears() {
  const home = newHome();
  writeSettings(home);
  const startMs = [];
  for (let i = 0; i <= N_STARTS; i += 1) {
    const began = performance.now();
    const child = spawn(program, [], { env: { ...process.env, LORGNETTE_HOME: home }, stdio: "ignore" });
    const ended = new Promise((done) => child.once("exit", done));
    for (;;) {
      const found = spawnSync("xdotool", ["search", "--onlyvisible", "--pid", String(child.pid)], { encoding: "utf8" });
      if (found.stdout.trim() !== "") break;
      await sleep(5);
    }
    if (i > 0) startMs.push(performance.now() - began);
    child.kill("SIGTERM");
    await ended;
  }
  say("from start to the window on the screen", startMs);
}

/** From now on, notes how long each key in the question takes from its event to its frame. */
async function watchKeys(window) {
  const field = await window.find("question");
  await field.click();
  await window.js(`
    const latencies = (window.latencies = []);
    document.querySelector("[data-testid=question]").addEventListener("keydown", (event) => {
      requestAnimationFrame(() => {
        // After the frame is made.
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => latencies.push(performance.now() - event.timeStamp);
        port2.postMessage(null);
      });
    });`);
}

const keysWatched = (window) =>
  eventually("every key is seen", async () => {
    const all = await window.js("return window.latencies");
    return all.length >= N_KEYS && all;
  });

/** A document of many pages: from the key that pastes it to its first page on the screen, and typing while its pages are drawn. */
async function documents() {
  const home = newHome();
  const file = join(home, "thousand.pdf");
  const lines = (page) => Array.from({ length: 17 }, (_, line) => `Page ${page + 1}, line ${line + 1} of what was inspected`);
  writeFileSync(file, pdf(Array.from({ length: N_PAGES }, (_, page) => lines(page))));
  const list = join(home, "list");
  writeFileSync(list, `copy\n${pathToFileURL(file)}`);
  const openings = [];
  let window;
  for (let i = 0; i <= N_OPENINGS; i += 1) {
    await window?.close();
    // Each in a folder of its own: nothing was drawn before.
    window = await Window.open();
    const owner = await copied("x-special/gnome-copied-files", list);
    await window.js(`
      const look = (began) => {
        const page = document.querySelector('img[src$="full"]');
        if (page?.complete && page.naturalWidth > 0) requestAnimationFrame(() => (window.shownAfter = performance.now() - began));
        else requestAnimationFrame(() => look(began));
      };
      document.addEventListener("keydown", (event) => { if (event.key === "v") look(event.timeStamp); }, { capture: true });`);
    await press(window, "ctrl+v");
    const ms = await eventually("its first page is shown", () => window.js("return window.shownAfter"));
    owner.end();
    // The first warms the caches of the system.
    if (i > 0) openings.push(ms);
  }
  say(`from the key that pastes a document of ${N_PAGES} pages to its first page on the screen`, openings);
  await window.find("pages-list");
  const scrolling = (ms) => window.js(`
    clearInterval(window.scrolling);
    const list = document.querySelector("[data-testid=pages-list]");
    if (arguments[0]) window.scrolling = setInterval(() => (list.scrollTop += list.clientHeight / 2), arguments[0]);`, ms);
  for (const [how, ms] of [["stands still", 0], ["scrolls by half its height four times a second", 250]]) {
    await scrolling(ms);
    await watchKeys(window);
    for (let i = 0; i < N_KEYS / 10; i += 1) type("what is it ", KEY_MS);
    say(`typing while the strip of pages ${how}, from the key to its frame`, await keysWatched(window));
  }
  await window.close();
}

/** From a key's event to the frame after it, while an answer is written. */
async function typing(model) {
  const room = model ? 8192 : 200_000;
  const window = await Window.open({ settings: [`max-tokens = ${room}`, `context = ${room}`, "prepare-while-typing = false"] });
  await chooseTalker(window, model);
  await window.click("sample-receipt");
  await eventually("the picture is attached", async () => (await window.all("attachment")).length === 1);
  await window.ask("x");
  await eventually("it is written", async () => ((await window.texts("answer")).at(-1) ?? "").length > 200);
  await watchKeys(window);
  const before = (await window.texts("answer")).at(-1).length;
  for (let i = 0; i < N_KEYS / 10; i += 1) type("what is it ", KEY_MS);
  const latencies = await keysWatched(window);
  const wrote = (await window.texts("answer")).at(-1).length - before;
  const writer = model ? basename(model) : "a tiny network, as fast as it can,";
  say(`typing while ${writer} writes ${wrote} characters, from the key to its frame`, latencies);
  await window.stop();
  await window.close();
}

/** A question about a picture of 1024 × 1024: seconds to its first word with and without a first look. */
async function firstLook(model) {
  const home = newHome();
  const picture = join(home, "page.png");
  const made = spawnSync("convert", [sample("page"), "-resize", "1024x1024!", picture], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
  const PATIENT = 1_800_000;
  // The first run measures the model's speed, without which there is no first look.
  for (const setting of ["never", "always", "never", "always"]) {
    const settings = [`first-look = "${setting}"`, "max-tokens = 8", "prepare-while-typing = false"];
    const window = await Window.open({ home, args: [picture], settings });
    const { error } = await window.invoke("choose_model", { id: model });
    if (error) throw new Error(JSON.stringify(error));
    await eventually("it is ready", async () => {
      const { ok } = await window.invoke("boot");
      return ok.status.state.at === "ready" && ok.status.model.id === model;
    }, PATIENT);
    await eventually("the picture is attached", async () => (await window.all("attachment")).length === 1);
    const asked = performance.now();
    await window.ask("What is it?");
    const seconds = {};
    await eventually("it is answered", async () => {
      const there = await window.js("const look = document.querySelector('[data-testid=first-look] p')?.innerText.trim(); const answer = !look && document.querySelector('[data-testid=answer]')?.innerText.trim(); return [look && 'first-look', answer && 'answer'].filter(Boolean)");
      for (const what of there) seconds[what] ??= ((performance.now() - asked) / 1000).toFixed(1);
      return seconds.answer;
    }, PATIENT);
    console.log(`${basename(model)}, first look ${setting}: ${JSON.stringify(seconds)} s after the question`);
    await eventually("it has ended", async () => (await window.all("stop")).length === 0, PATIENT);
    await window.close();
  }
}

async function chats() {
  const home = newHome();
  const made = spawnSync(process.env.LORGNETTE_XTASK, ["make-chats", join(home, "data"), "--many", String(N_CHATS)], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
  const window = await Window.open({ home });
  await eventually("they are listed", async () => (await window.all("chat-item")).length > 0);
  const timed = (body) => window.driver.executeAsyncScript(`const done = arguments[0];
    const call = (command, args) => window.__TAURI_INTERNALS__.invoke(command, args);
    (async () => { const took = []; for (let i = 0; i < ${N_LOOKS}; i += 1) { const began = performance.now(); await (async () => { ${body} })(); took.push(performance.now() - began); } return took; })().then(done);`);
  await window.driver.manage().setTimeouts({ script: 600_000 });
  say(`opening one of ${N_CHATS} chats`, await timed(`await call("chat_open", { id: 1 + (i * 4999) % ${N_CHATS} });`));
  say("a page of their list", await timed(`await call("chats", { search: "", deleted: false, offset: i * 50 });`));
  const searches = { "a word that is in many": "harbour", "two words": "invoice lake", "the name of one": "Chat 7", "part of a word": "arbo", "two letters": "ab", "what is nowhere": "zeppelin", "a word and two letters": "harbour st" };
  for (const [what, search] of Object.entries(searches)) {
    say(`searching for ${what}`, await timed(`await call("chats", { search: ${JSON.stringify(search)}, deleted: false, offset: 0 });`));
  }
  // As it is seen: from the click to the answer on the screen.
  const clicks = [];
  for (let i = 0; i < 30; i += 1) {
    clicks.push(await window.driver.executeAsyncScript(`const done = arguments[1];
      const item = document.querySelectorAll("[data-testid=chat-item]")[arguments[0]];
      const began = performance.now();
      item.click();
      const look = () => (item.getAttribute("aria-current") === "true" && document.querySelector("[data-testid=answer]")?.innerText ? done(performance.now() - began) : requestAnimationFrame(look));
      look();`, i + 1));
  }
  say("from the click on a chat to its answer on the screen", clicks);
  const search = await window.find("search");
  const found = [];
  for (const word of ["harbour", "invoice", "Chat 77", "fruit", "zeppelin"]) {
    await search.sendKeys(Key.chord(Key.CONTROL, "a"), Key.BACK_SPACE);
    await eventually("all are listed", async () => (await window.js("return !document.querySelector('[data-testid=chat-list] mark')")));
    found.push(await window.driver.executeAsyncScript(`const done = arguments[1];
      const field = document.querySelector("[data-testid=search]");
      const list = document.querySelector("[data-testid=chat-list]");
      const began = performance.now();
      field.value = arguments[0];
      field.dispatchEvent(new Event("input", { bubbles: true }));
      new MutationObserver((_, observer) => { observer.disconnect(); requestAnimationFrame(() => done(performance.now() - began)); }).observe(list, { childList: true, subtree: true, characterData: true });`, word));
  }
  say("from a word in the search field to what it finds on the screen", found);
  await window.close();
}

console.log(`${cpus().length} × ${cpus()[0].model}; load ${loadavg()[0].toFixed(1)}; node ${process.version}`);
const parts = { starts, appears, typing, chats, documents };
const options = { model: { type: "string" }, "first-look": { type: "string" } };
const { values, positionals: wanted } = parseArgs({ options, allowPositionals: true });
if (values["first-look"]) await firstLook(values["first-look"]);
else for (const [name, part] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await part();
if (values.model) await typing(values.model);
console.log(`load ${loadavg()[0].toFixed(1)}`);
manager.kill();
process.exit(0);
