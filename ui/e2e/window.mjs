// A window with folders of its own, driven by WebKitWebDriver.
import { spawn, spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { createServer, Socket } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Builder, By, Capabilities, Key, until } from "selenium-webdriver";

export { By, Key, until };

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const sample = (name) => join(root, "assets/samples", `${name}.png`);
export const program = process.env.LORGNETTE_WINDOW;

/** How long things may take on a machine that does much else. */
export const PATIENCE = 60_000;

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** What comes of a promise, or an error that says what did not come. */
export function within(patience, what, promise) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`not within ${patience / 1000} s: ${what}`)), patience);
  });
  promise.catch(() => {}); // what it comes to later is nobody's
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** Asks again and again until it is true; what it was at last. */
export async function eventually(what, is, patience = PATIENCE) {
  const end = Date.now() + patience;
  let last;
  for (;;) {
    try {
      last = await is();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`not so: ${what}${last instanceof Error ? ` (${last.message})` : ""}`);
    await sleep(50);
  }
}

export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

function accepts(port) {
  return new Promise((done) => {
    const socket = new Socket();
    socket.once("connect", () => done(true)).once("error", () => done(false));
    socket.once("connect", () => socket.destroy());
    socket.connect(port, "127.0.0.1");
  });
}

/** A folder for all that a person has. Deleted when the tests end. */
export function newHome() {
  const home = mkdtempSync(join(tmpdir(), "lorgnette-e2e-"));
  process.on("exit", () => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** Writes settings before the program starts. Tests want the same answer each time. */
export function writeSettings(home, lines = []) {
  mkdirSync(join(home, "config"), { recursive: true });
  const all = ["model = \"pocket\"", "temperature = 0.0", "seed = 1", "language = \"en\"", ...lines];
  writeFileSync(join(home, "config/settings.toml"), `${all.join("\n")}\n`);
}

export class Window {
  /** Starts the program and waits until its page can be used. */
  static async open({ home = newHome(), args = [], settings = [], keepSettings = false, waitFor = "status", within: wrap = [], env: more = {} } = {}) {
    if (!keepSettings) writeSettings(home, settings);
    const port = await freePort();
    const env = { ...process.env, LORGNETTE_HOME: home, TAURI_WEBVIEW_AUTOMATION: "true", LANG: "en_US.UTF-8", NO_AT_BRIDGE: "1", ...more };
    delete env.LORGNETTE_MODELS;
    // The driver starts the program, which so says here what it has to say.
    const said = join(home, "said.txt");
    const log = openSync(said, "a");
    const [command, ...its] = [...wrap, "WebKitWebDriver", `--port=${port}`, "--host=127.0.0.1"];
    const driverProgram = spawn(command, its, { env, stdio: ["ignore", log, log] });
    closeSync(log);
    const window = new Window(home, driverProgram);
    try {
      await eventually("the driver listens", () => accepts(port));
      const capabilities = new Capabilities();
      capabilities.setBrowserName("wry");
      capabilities.set("webkitgtk:browserOptions", { binary: program, args });
      const builder = new Builder().withCapabilities(capabilities).usingServer(`http://127.0.0.1:${port}/`);
      // A program that ends before its page is there leaves the driver waiting for ever.
      window.driver = await within(PATIENCE, "the program's page", builder.build());
      await window.find(waitFor);
    } catch (error) {
      const { pid } = window;
      await window.kill();
      const state = pid === null ? "it had ended" : "it ran";
      throw new Error(`${error.message}; ${state} and said: ${readFileSync(said, "utf8").slice(-2000)}`, { cause: error });
    }
    return window;
  }

  constructor(home, driverProgram) {
    this.home = home;
    this.driverProgram = driverProgram;
  }

  /** The process of the program itself. */
  get pid() {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        const ours = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`LORGNETTE_HOME=${this.home}`);
        if (ours && readlinkSync(`/proc/${pid}/exe`) === program) return Number(pid);
      } catch {
        // It ended meanwhile, or is another person's.
      }
    }
    return null;
  }

  css(testid) {
    return By.css(`[data-testid="${testid}"]`);
  }

  find(testid) {
    return this.driver.wait(until.elementLocated(this.css(testid)), PATIENCE, `no ${testid}`);
  }

  all(testid) {
    return this.driver.findElements(this.css(testid));
  }

  /** Text of all that have this id, in order. */
  texts(testid) {
    return this.js(`return [...document.querySelectorAll('[data-testid="${testid}"]')].map((one) => one.innerText.trim())`);
  }

  js(script, ...args) {
    return this.driver.executeScript(script, ...args);
  }

  /** Calls a command as the page does. */
  invoke(command, args = {}) {
    const script = `const done = arguments[2];
      window.__TAURI_INTERNALS__.invoke(arguments[0], arguments[1]).then((ok) => done({ ok }), (error) => done({ error }));`;
    return this.driver.executeAsyncScript(script, command, args);
  }

  async click(testid) {
    await eventually(`${testid} can be clicked`, async () => {
      const element = await this.find(testid);
      await element.click();
      return true;
    });
  }

  /** Stops the answer. While words come, the button moves, and a click may miss it. */
  async stop() {
    await eventually("it has stopped", async () => {
      const [button] = await this.all("stop");
      await button?.click();
      return !button;
    });
  }

  async type(text) {
    const field = await this.find("question");
    await field.sendKeys(text);
  }

  /** Asks and does not wait. */
  async ask(text) {
    await this.type(text);
    await this.click("send");
  }

  /** Waits until nothing is being answered; the last answer's text. */
  async answered(n) {
    await eventually(`answer ${n} is there`, async () => (await this.all("answer")).length >= n);
    await eventually("it has ended", async () => (await this.all("stop")).length === 0);
    return (await this.texts("answer")).at(-1);
  }

  async screenshot(name) {
    const folder = process.env.LORGNETTE_SCREENSHOTS;
    if (!folder) return;
    mkdirSync(folder, { recursive: true });
    // What fades in is there, and drawn.
    await this.driver.executeAsyncScript(`
      const done = arguments[arguments.length - 1];
      const ends = (one) => Number.isFinite(one.effect?.getComputedTiming().endTime);
      const all = document.getAnimations().filter(ends).map((one) => one.finished.catch(() => {}));
      Promise.all(all).then(() => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))));
    `);
    writeFileSync(join(folder, `${name}.png`), await this.driver.takeScreenshot(), "base64");
  }

  /** Ends the program as the power does. */
  async kill() {
    const { pid } = this;
    if (pid) process.kill(pid, "SIGKILL");
    await eventually("the program is gone", () => this.pid === null);
    this.driverProgram.kill();
  }

  /** Ends it as a person does. */
  async close() {
    const { pid } = this;
    await this.invoke("quit").catch(() => {});
    await eventually("the program has ended", () => this.pid === null).catch(() => pid && process.kill(pid, "SIGKILL"));
    await this.driver.quit().catch(() => {});
    this.driverProgram.kill();
  }
}

/** Makes a tiny model in a folder of that name, with more options of `xtask make-model`; its path. */
export function makeModel(home, name, ...more) {
  const made = join(home, name);
  const chore = spawnSync(process.env.LORGNETTE_XTASK, ["make-model", "--shape", "tiny", "--format", "gguf-f16", "--out", made, ...more], { encoding: "utf8" });
  if (chore.status !== 0) throw new Error(chore.stderr);
  return join(made, "tiny-f16.gguf");
}

/**
 * Makes a network of chance that talks for ever, or takes the one that is named, and chooses it. What it says means nothing.
 * The settings should allow as many tokens as the test wants to hear.
 */
export async function chooseTalker(window, model = makeModel(window.home, "made", "--positions", "200000")) {
  const { error } = await window.invoke("choose_model", { id: model });
  if (error) throw new Error(JSON.stringify(error));
  await eventually("it is ready", async () => {
    const { ok } = await window.invoke("boot");
    return ok.status.state.at === "ready" && !ok.status.model.builtIn;
  });
}

/** What the command line answers to the same question. */
export function commandLine(picture, question, ...more) {
  const args = ["describe", picture, ...more, "--ask", question, "--model", "pocket", "--temperature", "0", "--json"];
  const done = spawnSync(process.env.LORGNETTE_CLI, args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout).answer;
}
