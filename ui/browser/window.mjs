// The window on the fake backend, in Chromium: served from dist-fake under the same content policy as the real one.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../dist-fake", import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png", ".woff2": "font/woff2" };

// As src-tauri/tauri.conf.json has it, less the schemes that only exist there.
const CSP = [
  "default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "font-src 'self'", "connect-src 'none'",
  "object-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join("; ");

async function serve() {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
    const file = join(root, path === "/" ? "index.html" : path);
    if (!file.startsWith(root) || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream", "content-security-policy": CSP });
    createReadStream(file).pipe(response);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

function chromiumPath() {
  const found = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => path && existsSync(path));
  if (!found) throw new Error("Chromium was not found: install it (Debian: apt-get install chromium) or name it in CHROMIUM.");
  return found;
}

/** Runs `use` with a way to open the window in a state; everything is closed afterwards. */
export async function withWindow(use) {
  const server = await serve();
  const browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--font-render-hinting=none"],
  });
  async function open(state, { width = 1280, height = 800, media = {} } = {}) {
    const context = await browser.newContext({ viewport: { width, height }, reducedMotion: "reduce", locale: "en-GB", timezoneId: "UTC", ...media });
    const page = await context.newPage();
    await page.addInitScript("Object.freeze(Object.prototype)"); // as Tauri's freezePrototype does
    const faults = [];
    page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
    page.on("pageerror", (error) => faults.push(String(error)));
    const outside = [];
    page.on("request", (request) => !request.url().startsWith(server.address) && outside.push(request.url()));
    await page.goto(`${server.address}${state.page ?? ""}?${state.query ?? ""}`);
    await page.waitForSelector("[data-testid=status], [data-testid=error], [data-testid=panel-close]");
    await page.evaluate(() => document.fonts.ready);
    await state.steps?.(page);
    await page.waitForTimeout(state.settleMs ?? 150);
    /** The same state at another size and in another theme. */
    async function show(size, theme) {
      const now = page.viewportSize();
      if (now?.width !== size.width || now.height !== size.height) await page.setViewportSize(size);
      await page.evaluate((name) => (document.documentElement.dataset.theme = name), theme);
      await page.waitForTimeout(60);
    }
    return { page, faults, outside, show, close: () => context.close() };
  }
  try {
    await use(open);
  } finally {
    await browser.close();
    server.close();
  }
}
