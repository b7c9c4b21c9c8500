// The window as a person starts it, with no driver: what it opens to the network, and how it ends.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { test } from "node:test";

import { closeWindow, shown, windowsOf } from "./desktop.mjs";
import { newHome, PATIENCE, program, sample, within, writeSettings } from "./window.mjs";

function family(pid) {
  const children = new Map();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    try {
      const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // It ended meanwhile.
    }
  }
  const all = [pid];
  for (const one of all) all.push(...(children.get(one) ?? []));
  return all;
}

/** Sockets of the network that these processes have, as the system's own tables tell. */
function sockets(pids) {
  const inodes = new Set();
  for (const pid of pids) {
    try {
      for (const fd of readdirSync(`/proc/${pid}/fd`)) {
        const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
        if (inode) inodes.add(inode);
      }
    } catch {
      // It ended meanwhile.
    }
  }
  return ["tcp", "tcp6", "udp", "udp6"].flatMap((table) => {
    const lines = readFileSync(`/proc/net/${table}`, "utf8").trim().split("\n").slice(1);
    return lines.filter((line) => inodes.has(line.trim().split(/\s+/)[9])).map((line) => `${table} ${line.trim()}`);
  });
}

/** What the threads of a process wait for, in the system's words. */
function threads(pid) {
  const read = (thread, what) => readFileSync(`/proc/${pid}/task/${thread}/${what}`, "utf8").trim();
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => `${read(thread, "comm")} ${read(thread, "wchan")}`).join(", ");
  } catch {
    return "it has none";
  }
}

test("it opens nothing to the network, shows itself, and ends when it is closed", async () => {
  const home = newHome();
  writeSettings(home);
  const env = { ...process.env, LORGNETTE_HOME: home };
  const started = Date.now();
  const window = spawn(program, [sample("dialog")], { env, stdio: "ignore" });
  const ended = new Promise((done) => window.once("exit", (code) => done(code)));
  const id = await shown(window.pid);
  console.log(`seen after ${Date.now() - started} ms`);
  for (let i = 0; i < 20; i += 1) {
    assert.deepEqual(sockets(family(window.pid)), []);
    await new Promise((done) => setTimeout(done, 100));
  }
  // A second start hands its picture over and ends.
  const second = spawnSync(program, [sample("sign")], { env, stdio: "ignore", timeout: 60_000 });
  assert.equal(second.status, 0);
  closeWindow(id);
  // A key that came while the focus went elsewhere is pressed again; a program that hangs stays there.
  const again = setInterval(() => windowsOf(window.pid).includes(id) && closeWindow(id), 10_000);
  try {
    assert.equal(await within(PATIENCE, "the program's end", ended), 0);
  } catch (error) {
    throw new Error(`${error.message}; its threads: ${threads(window.pid)}`, { cause: error });
  } finally {
    clearInterval(again);
    window.kill("SIGKILL");
  }
});
