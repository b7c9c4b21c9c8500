// The window as a person starts it, without a network to reach and with every socket that it opens written down.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { closeWindow, keys, shown, type } from "./desktop.mjs";
import { eventually, newHome, program, sample, writeSettings } from "./window.mjs";

/** The one answer that is kept, when it has ended. */
function answer(home) {
  const look = `import sqlite3, sys
rows = sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute("SELECT text, state FROM messages WHERE is_model").fetchall()
print(rows[0][0] if rows and rows[0][1] != "writing" else "")`;
  const done = spawnSync("/usr/bin/python3", ["-c", look, join(home, "data/chats.sqlite3")], { encoding: "utf8" });
  return done.stdout.trim();
}

/** A picture is asked about from the keyboard, and the window closed. What the program was started by says which process is it. */
async function use(home, command, args, find) {
  const starter = spawn(command, [...args, program, sample("sign")], { env: { ...process.env, LORGNETTE_HOME: home }, stdio: "ignore" });
  try {
    const pid = await eventually("the program runs", () => find(starter.pid));
    const id = await shown(pid);
    spawnSync("xdotool", ["windowactivate", "--sync", id]);
    const asked = "What does it say?";
    // The picture may still be on its way; a question without one is none.
    await eventually("it answers", async () => {
      keys("ctrl+l", "ctrl+a");
      type(asked);
      keys("Return");
      return eventually("the answer is kept", () => answer(home), 10_000);
    }, 90_000);
    closeWindow(id);
    await eventually("it has ended", () => starter.exitCode !== null);
  } finally {
    starter.kill("SIGKILL");
  }
}

function children(pid) {
  const done = spawnSync("ps", ["-o", "pid=", "--ppid", String(pid)], { encoding: "utf8" });
  return done.stdout.split("\n").map((line) => Number(line.trim())).filter(Boolean);
}

/** The process below that one which is the program. */
function programBelow(pid) {
  const isProgram = (one) => {
    try {
      return readlinkSync(`/proc/${one}/exe`) === program;
    } catch {
      return false;
    }
  };
  if (isProgram(pid)) return pid;
  for (const child of children(pid)) {
    const found = programBelow(child);
    if (found) return found;
  }
  return null;
}

test("from start to end no process of it makes a socket of the network", async (context) => {
  if (spawnSync("strace", ["-f", "-o", "/dev/null", "true"]).status !== 0) return context.skip("processes may not be traced here");
  const home = newHome();
  writeSettings(home);
  const trace = join(home, "sockets.txt");
  await use(home, "strace", ["-f", "-q", "-e", "trace=socket,connect", "-o", trace], programBelow);
  const calls = readFileSync(trace, "utf8").split("\n");
  assert.ok(calls.some((call) => call.includes("AF_UNIX")), "the trace has what is there: the screen's socket");
  assert.deepEqual(calls.filter((call) => /AF_INET6?|AF_PACKET/.test(call)), []);
});

test("it answers where there is no network at all", async (context) => {
  const apart = ["--map-root-user", "--net"];
  if (spawnSync("unshare", [...apart, "true"]).status !== 0) return context.skip("no network may be taken away here");
  const home = newHome();
  writeSettings(home);
  const here = readlinkSync("/proc/self/ns/net");
  await use(home, "unshare", apart, (pid) => {
    const found = programBelow(pid);
    if (found) assert.notEqual(readlinkSync(`/proc/${found}/ns/net`), here);
    return found;
  });
});
