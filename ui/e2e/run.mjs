// Runs walks through the real window one after the other: `scripts/test-window` says on which screen.
//   node e2e/run.mjs --waiting | --working [arguments of node's test runner]
import { spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

for (const name of ["LORGNETTE_WINDOW", "LORGNETTE_CLI", "LORGNETTE_XTASK", "DISPLAY"]) {
  if (!process.env[name]) {
    console.error(`${name} is not set: run scripts/test-window`);
    process.exit(2);
  }
}

/** Walks that wait for most of their time: they can be beside others, on a screen of their own. */
const WAITING = ["8-mute-speech.test.mjs"];
const [which, ...more] = process.argv.slice(2);
const isWanted = (name) => name.endsWith(".test.mjs") && WAITING.includes(name) === (which === "--waiting");

// Drags and focus need a window manager.
const manager = spawn("openbox", ["--sm-disable"], { stdio: "ignore" });
const tests = readdirSync(here).filter(isWanted).sort();
const options = ["--test", "--test-concurrency=1", "--test-timeout=300000", ...more];
const result = spawnSync(process.execPath, [...options, ...tests.map((name) => join(here, name))], { stdio: "inherit" });
manager.kill();
process.exit(result.status ?? 1);
