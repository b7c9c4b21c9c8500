// Runs walks through the real window one after the other: `scripts/test-window` says on which screen.
//   node e2e/run.mjs --first | --second | --alone [arguments of node's test runner]
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

/** Orca misses announcements where something else computes. */
const isAlone = (name) => name === "5-with-orca.test.mjs";
const groups = {
  "--alone": isAlone,
  "--first": (name) => !isAlone(name) && name < "8",
  "--second": (name) => !isAlone(name) && name >= "8",
};
const [which, ...more] = process.argv.slice(2);
const isWanted = groups[which];
if (!isWanted) {
  console.error(`${which} is none of ${Object.keys(groups).join(", ")}`);
  process.exit(2);
}

// Drags and focus need a window manager.
const manager = spawn("openbox", ["--sm-disable"], { stdio: "ignore" });
const tests = readdirSync(here).filter((name) => name.endsWith(".test.mjs") && isWanted(name)).sort();
const options = ["--test", "--test-concurrency=1", "--test-timeout=300000", ...more];
const result = spawnSync(process.execPath, [...options, ...tests.map((name) => join(here, name))], { stdio: "inherit" });
manager.kill();
process.exit(result.status ?? 1);
