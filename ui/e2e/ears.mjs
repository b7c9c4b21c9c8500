// A speech service without a loudspeaker, and a screen reader's ears.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { StringDecoder } from "node:string_decoder";
import { fileURLToPath } from "node:url";

import { eventually, root } from "./window.mjs";

const here = dirname(fileURLToPath(import.meta.url));

const SIGNS = { "&quot;": "\"", "&apos;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&" };
const wordsOf = (speak) => speak.replace(/<[^>]*>/g, "").replace(/&(?:quot|apos|lt|gt|amp);/g, (sign) => SIGNS[sign]);

/**
 * Starts the service; `said()` is what it handed to its voice, in order, `given()` what it was given to say and by
 * whom, whether it came to that or not.
 */
export async function speechService() {
  const folder = mkdtempSync(join(tmpdir(), "lorgnette-ears-"));
  const service = spawn(join(root, "scripts/quiet-speech"), [folder], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise((done, fail) => {
    service.stdout.once("data", done);
    service.once("exit", () => fail(new Error("the speech service ended")));
  });
  const log = join(folder, "log/speech-dispatcher.log");
  const decoder = new StringDecoder("utf8");
  const [said, given] = [[], []];
  let read = 0;
  let rest = "";
  // It is looked at twenty times a second, beside what is measured: only what is new is read.
  const look = () => {
    const bytes = Buffer.alloc(Math.max(statSync(log).size - read, 0));
    if (bytes.length === 0) return;
    const file = openSync(log, "r");
    const n = readSync(file, bytes, 0, bytes.length, read);
    closeSync(file);
    read += n;
    const lines = (rest + decoder.write(bytes.subarray(0, n))).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      const spoken = /Command sent to output module: \|<speak>(.*?)<\/speak>/.exec(line);
      if (spoken) said.push(wordsOf(spoken[1]));
      const [, client, text] = / (\d+):DATA:\|<speak>(.*?)<\/speak>/.exec(line) ?? [];
      if (client !== undefined) given.push({ client, text: wordsOf(text) });
    }
  };
  return {
    folder,
    env: { SPEECHD_ADDRESS: `unix_socket:${folder}/speech` },
    said: () => (look(), [...said]),
    given: () => (look(), [...given]),
    end: async () => {
      service.stdin.end();
      await new Promise((done) => service.once("exit", done));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Debian's screen reader, speaking through that service. `said()`: what it said; `others()`: what others did. */
export async function screenReader(service) {
  const log = join(service.folder, "log/orca");
  const env = { ...process.env, ...service.env, HOME: service.folder };
  const orca = spawn("orca", ["--replace", "--user-prefs", join(service.folder, "orca"), "--debug-file", log], { env, stdio: "ignore" });
  const { client } = await eventually("the screen reader is there", () => {
    if (orca.exitCode !== null) throw new Error(`it ended with ${orca.exitCode}`);
    return service.given().find((one) => one.text === "Screen reader on.");
  });
  const ended = new Promise((done) => orca.once("exit", done));
  return {
    said: () => service.given().filter((one) => one.client === client).map((one) => one.text),
    others: () => service.given().filter((one) => one.client !== client).map((one) => one.text),
    end: () => {
      orca.kill();
      return ended;
    },
  };
}

/** Everything that a screen reader finds in the window. */
export function tree(pid) {
  const done = spawnSync("/usr/bin/python3", [join(here, "atspi.py"), "tree", String(pid)], { encoding: "utf8", timeout: 60_000 });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout);
}

/** Listens to what a screen reader is told. */
export async function listen(pid) {
  const listener = spawn("/usr/bin/python3", [join(here, "atspi.py"), "listen", String(pid)], { stdio: ["ignore", "pipe", "inherit"] });
  const events = [];
  await new Promise((ready) => {
    createInterface({ input: listener.stdout }).on("line", (line) => {
      const event = JSON.parse(line);
      if (event.kind === "ready") ready();
      else events.push(event);
    });
  });
  return {
    events,
    announced: () => events.filter((event) => event.kind === "announced").map((event) => event.name),
    end: () => listener.kill(),
  };
}
