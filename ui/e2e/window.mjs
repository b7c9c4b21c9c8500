// A window with folders of its own, driven by WebKitWebDriver.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
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

function freePort() {
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
  static async open({ home = newHome(), args = [], settings = [], keepSettings = false, env: more = {} } = {}) {
    if (!keepSettings) writeSettings(home, settings);
    const port = await freePort();
    const env = { ...process.env, LORGNETTE_HOME: home, TAURI_WEBVIEW_AUTOMATION: "true", LANG: "en_US.UTF-8", NO_AT_BRIDGE: "1", ...more };
    delete env.LORGNETTE_MODELS;
    const driverProgram = spawn("WebKitWebDriver", [`--port=${port}`, "--host=127.0.0.1"], { env, stdio: "ignore" });
    await eventually("the driver listens", () => accepts(port));
    const capabilities = new Capabilities();
    capabilities.setBrowserName("wry");
    capabilities.set("webkitgtk:browserOptions", { binary: program, args });
    const driver = await new Builder().withCapabilities(capabilities).usingServer(`http://127.0.0.1:${port}/`).build();
    const window = new Window(home, driver, driverProgram);
    try {
      await window.find("status");
    } catch (error) {
      await window.kill();
      throw error;
    }
    return window;
  }

  constructor(home, driver, driverProgram) {
    this.home = home;
    this.driver = driver;
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

/** What the command line answers to the same question. */
export function commandLine(picture, question) {
  const args = ["describe", picture, "--ask", question, "--model", "pocket", "--temperature", "0", "--json"];
  const done = spawnSync(process.env.LORGNETTE_CLI, args, { encoding: "utf8" });
  if (done.status !== 0) throw new Error(done.stderr);
  return JSON.parse(done.stdout).answer;
}
