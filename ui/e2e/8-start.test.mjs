// Starts that fail, with the real program: each is seen, says what can be done, and loses nothing.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { windowsOf } from "./desktop.mjs";
import { By, eventually, Key, newHome, program, sample, Window, writeSettings } from "./window.mjs";

const windows = [];
after(async () => {
  for (const window of windows) await window.kill();
});

/** Starts the program with what is in its folders, and waits for the page that says why it cannot. */
async function start(home, more = {}) {
  const window = await Window.open({ home, keepSettings: true, waitFor: "error", ...more });
  windows.push(window);
  return window;
}

const data = (home) => join(home, "data");
const chatsFile = (home) => join(data(home), "chats.sqlite3");
const beside = (home, part) => readdirSync(data(home)).filter((name) => name.includes(part) && name.endsWith(".sqlite3"));

/** Folders with some chats, as the program leaves them. */
function filledHome(n = 12) {
  const home = newHome();
  writeSettings(home);
  const answers = join(home, "answers.json");
  writeFileSync(answers, JSON.stringify(Array.from({ length: n }, (_, i) => `The ferry of pier ${i} leaves at nine.`)));
  const made = spawnSync(process.env.LORGNETTE_XTASK, ["make-chats", data(home), "--answers", answers], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
  return home;
}

/** Takes a way on and follows the program into its own window. */
async function take(window, way) {
  // The window that asks may be gone before the driver is answered; then it looks at the one that came.
  await (await window.find(`way-${way}`)).click().catch(() => {});
  await eventually("the program begins", async () => {
    for (const handle of await window.driver.getAllWindowHandles()) {
      await window.driver.switchTo().window(handle);
      if ((await window.all("status")).length > 0) return true;
    }
    return false;
  });
}

const titles = async (window) => (await window.invoke("chats", { search: "", deleted: false, offset: 0 })).ok.map((chat) => chat.title);

test("damaged chats: a repaired copy is opened, and the file is kept", async () => {
  const home = filledHome();
  const whole = readFileSync(chatsFile(home));
  const damaged = Buffer.from(whole);
  damaged.fill(0x7f, 0, 512);
  writeFileSync(chatsFile(home), damaged);
  const window = await start(home);
  assert.equal(await (await window.find("error")).getAttribute("data-fault"), "chatsDamaged");
  assert.match((await window.texts("error"))[0], /damaged/);
  await window.screenshot("start-damaged");
  assert.deepEqual(readFileSync(chatsFile(home)), damaged, "nothing is changed before a way is taken");
  await take(window, "repair");
  assert.equal((await titles(window)).length, 12);
  const [aside] = beside(home, "-damaged");
  assert.deepEqual(readFileSync(join(data(home), aside)), damaged);
  await window.close();
});

test("damage in the middle: what can be read is opened", async () => {
  const home = filledHome(200);
  const damaged = readFileSync(chatsFile(home));
  for (let page = 4; page < damaged.length / 4096; page += 9) damaged.fill(0, page * 4096, (page + 1) * 4096);
  writeFileSync(chatsFile(home), damaged);
  const window = await start(home);
  await take(window, "repair");
  assert.ok((await titles(window)).length > 50, `${(await titles(window)).length} chats`);
  await window.close();
});

test("nothing but noise: it begins anew, or with an earlier copy", async () => {
  const home = filledHome();
  // A run of the program keeps the copy of the week.
  const before = await Window.open({ home, keepSettings: true });
  windows.push(before);
  await eventually("the copy is kept", () => existsSync(join(data(home), "copies")) && readdirSync(join(data(home), "copies")).some((name) => name.endsWith(".sqlite3")));
  await before.close();
  for (const way of ["restore", "beginAnew"]) {
    for (const name of readdirSync(data(home)).filter((one) => /-(wal|shm)$/.test(one))) rmSync(join(data(home), name));
    writeFileSync(chatsFile(home), "this is no database, though it is long enough to look like one".repeat(99));
    const window = await start(home);
    assert.deepEqual(await window.all("way-repair"), [], "nothing can be repaired");
    await take(window, way);
    assert.equal((await titles(window)).length, way === "restore" ? 12 : 0);
    await window.close();
  }
  assert.equal(beside(home, "-before-restoring").length, 1);
  assert.equal(beside(home, "-set-aside").length, 1);
});

test("chats of a newer version are set aside when the person says so", async () => {
  const home = filledHome();
  const newer = readFileSync(chatsFile(home));
  newer.writeUInt32BE(99, 60); // the version, where the file has it
  writeFileSync(chatsFile(home), newer);
  const window = await start(home);
  assert.equal(await (await window.find("error")).getAttribute("data-fault"), "newerChats");
  await take(window, "beginAnew");
  assert.deepEqual(readFileSync(join(data(home), beside(home, "-set-aside")[0])), newer);
  await window.close();
});

test("a folder that cannot be used is tried again when it can", async () => {
  const home = filledHome();
  renameSync(data(home), join(home, "elsewhere"));
  writeFileSync(data(home), "a file is in the way");
  const window = await start(home);
  assert.equal(await (await window.find("error")).getAttribute("data-fault"), "write");
  await window.click("way-tryAgain");
  assert.equal((await window.all("status")).length, 0, "the file is still in the way");
  rmSync(data(home));
  renameSync(join(home, "elsewhere"), data(home));
  await take(window, "tryAgain");
  assert.equal((await titles(window)).length, 12);
  await window.close();
});

test("chats that another program has locked are opened when it lets go", async () => {
  const home = filledHome();
  const script = "import sqlite3, sys\ndb = sqlite3.connect(sys.argv[1])\ndb.execute('PRAGMA locking_mode = EXCLUSIVE')\ndb.execute('BEGIN EXCLUSIVE')\nprint('held', flush=True)\nsys.stdin.read()";
  const other = spawn("/usr/bin/python3", ["-c", script, chatsFile(home)], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise((done) => other.stdout.once("data", done));
  const window = await start(home);
  assert.equal(await (await window.find("error")).getAttribute("data-fault"), "chatsLocked");
  other.stdin.end();
  await new Promise((done) => other.once("exit", done));
  await take(window, "tryAgain");
  assert.equal((await titles(window)).length, 12);
  await window.close();
});

test("settings that cannot be read are kept beside", async () => {
  const home = filledHome();
  writeFileSync(join(home, "config/settings.toml"), "theme = \n");
  const window = await start(home);
  assert.equal(await (await window.find("error")).getAttribute("data-fault"), "settings");
  await take(window, "usualSettings");
  const aside = readdirSync(join(home, "config")).find((name) => /^settings-.*\.toml$/.test(name));
  assert.equal(readFileSync(join(home, "config", aside), "utf8"), "theme = \n");
  await window.close();
});

test("a copy is restored in Settings, and the chats of now stay beside", async () => {
  const home = filledHome();
  const window = await Window.open({ home, keepSettings: true });
  windows.push(window);
  const copies = async () => (await window.invoke("copies")).ok;
  await eventually("the copy of the week is kept", async () => (await copies()).length === 1);
  await window.click("sample-dialog");
  await window.ask(" ");
  await window.answered(1);
  await eventually("there is one chat more", async () => (await titles(window)).length === 13);
  await window.driver.actions().keyDown(Key.CONTROL).sendKeys(",").keyUp(Key.CONTROL).perform();
  const tab = By.xpath('//button[@role="tab" and normalize-space()="Chats and folders"]');
  await eventually("the page of chats opens", async () => {
    await window.driver.findElement(tab).click();
    return true;
  });
  await window.find("restore-copy");
  await window.screenshot("copies");
  await window.click("restore-copy");
  const confirm = By.xpath('//button[normalize-space()="Restore the copy"]');
  await eventually("it is asked for again", async () => {
    await window.driver.findElement(confirm).click();
    return true;
  });
  await eventually("the copy is there", async () => (await titles(window)).length === 12);
  assert.equal(beside(home, "-before-restoring").length, 1);
  await window.close();
});

const canMount = spawnSync("unshare", ["-Urm", "true"]).status === 0;
test("a full disk is told, and the chats open when there is room", { skip: !canMount && "no folder of our own can be mounted here" }, async () => {
  const home = filledHome();
  renameSync(data(home), join(home, "filled"));
  mkdirSync(data(home));
  const fill = 'mount -t tmpfs -o size=4m tmpfs "$0" && cp -a "$1"/. "$0" && { dd if=/dev/zero of="$0/filler" bs=4k 2>/dev/null; shift; exec "$@"; }';
  const window = await start(home, { within: ["unshare", "-Urm", "/bin/sh", "-c", fill, data(home), join(home, "filled")] });
  assert.equal(await (await window.find("error")).getAttribute("data-fault"), "chatsNoRoom");
  await window.screenshot("start-full-disk");
  await window.click("way-tryAgain");
  assert.equal((await window.all("status")).length, 0, "it is still full");
  // The folder as the program sees it.
  rmSync(join(`/proc/${window.pid}/root`, data(home), "filler"));
  await take(window, "tryAgain");
  assert.equal((await titles(window)).length, 12);
  await window.close();
});

test("quitting ends the program with an error, and the file stays", async () => {
  const home = filledHome();
  const noise = "noise ".repeat(2000);
  writeFileSync(chatsFile(home), noise);
  const window = await start(home);
  await (await window.find("way-quit")).click().catch(() => {});
  await eventually("it has ended", () => window.pid === null);
  assert.equal(readFileSync(chatsFile(home), "utf8"), noise);
  assert.match(readFileSync(join(home, "said.txt"), "utf8"), /error: the chats in .*\nhint: /);
});

test("no screen and no standard error: it ends, and says so where it can", () => {
  const home = newHome();
  const env = { ...process.env, LORGNETTE_HOME: home, DISPLAY: "", WAYLAND_DISPLAY: "" };
  const open = spawnSync(program, [], { env, encoding: "utf8", timeout: 60_000 });
  assert.equal(open.status, 1, open.stderr);
  assert.match(open.stderr, /error: there is no screen[^]*hint: .*lorgnette describe/);
  const full = spawnSync("/bin/sh", ["-c", `exec "$0" 2>/dev/full`, program], { env, timeout: 60_000 });
  assert.equal(full.status, 1);
  const closed = spawnSync("/bin/sh", ["-c", `exec "$0" --do nothing 2>&-`, program], { env, timeout: 60_000 });
  assert.equal(closed.status, 2);
  const version = spawnSync("/bin/sh", ["-c", `"$0" --version >/dev/full`, program], { env, timeout: 60_000 });
  assert.equal(version.status, 1);
});

test("a full standard error does not end a program that cannot start", async () => {
  const home = filledHome();
  writeFileSync(chatsFile(home), "noise ".repeat(2000));
  const env = { ...process.env, LORGNETTE_HOME: home, LANG: "en_US.UTF-8", NO_AT_BRIDGE: "1" };
  const child = spawn("/bin/sh", ["-c", `exec "$0" 2>/dev/full`, program], { env, stdio: "ignore" });
  await eventually("it is shown", () => windowsOf(child.pid).length > 0);
  child.kill();
  await new Promise((done) => child.once("exit", done));
});

test("a page that cannot be drawn is asked about in the system's own dialog", async (t) => {
  const home = filledHome();
  const env = { ...process.env, LORGNETTE_HOME: home, LANG: "en_US.UTF-8", NO_AT_BRIDGE: "1" };
  const child = spawn(program, [], { env, stdio: "ignore" });
  const pages = () => spawnSync("pgrep", ["-P", String(child.pid), "-f", "WebKitWebProcess"], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
  const dialog = () => spawnSync("xdotool", ["search", "--onlyvisible", "--pid", String(child.pid), "--name", "^The window's page has ended"], { encoding: "utf8" }).stdout.split("\n").filter(Boolean);
  // Each process that draws the page dies soon. WebKit itself gives up if it dies before it has said who it is.
  const since = new Map();
  const killed = new Set();
  t.after(() => child.kill("SIGKILL"));
  await eventually("the dialog comes", () => {
    for (const pid of pages()) {
      if (!since.has(pid)) since.set(pid, Date.now());
      if (Date.now() - since.get(pid) < 1500 || killed.has(pid)) continue;
      killed.add(pid);
      process.kill(Number(pid), "SIGKILL");
    }
    return killed.size >= 2 && dialog().length > 0;
  });
  // A key that comes before the dialog has the focus is lost.
  await eventually("it is answered and has ended", () => {
    if (child.exitCode !== null || child.signalCode !== null) return true;
    const id = dialog().at(-1);
    if (id !== undefined) {
      spawnSync("xdotool", ["windowactivate", "--sync", id], { timeout: 2000 });
      spawnSync("xdotool", ["key", "Escape"]);
    }
    return false;
  });
});

test("pictures that are opened meanwhile come with the window", async () => {
  const home = filledHome();
  writeFileSync(join(home, "config/settings.toml"), "theme = \n");
  const window = await start(home, { args: [sample("dialog")] });
  await take(window, "usualSettings");
  await eventually("the picture is attached", async () => (await window.all("attachment")).length === 1);
  await window.close();
});
