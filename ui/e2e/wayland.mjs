// A Wayland session without a monitor: sway shows a picture, the real portals stand between it and the program, and the desktop behind them is
// sway's own for pictures, and a test's for keys and permissions.
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { eventually } from "./window.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const BACKEND = "org.freedesktop.impl.portal.desktop.lorgnette_test";
const NOBODY = 65534;

/** Of the screen. */
export const size = { width: 800, height: 600 };

/** Starts it. The picture stands in the middle of a grey screen. */
export async function session(picture) {
  const folder = mkdtempSync(join(tmpdir(), "lorgnette-wayland-"));
  const run = join(folder, "run");
  const portals = join(folder, "portals");
  const programs = join(folder, "programs");
  for (const one of [run, portals, programs]) mkdirSync(one);
  chmodSync(run, 0o700);
  const children = [];
  const end = async () => {
    for (const child of children.reverse()) {
      const ended = child.exitCode === null && new Promise((done) => child.once("exit", done));
      child.kill();
      await ended;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  const start = (command, args, options) => {
    const child = spawn(command, args, { stdio: "ignore", ...options });
    child.on("error", () => {}); // what it should have done is waited for
    children.push(child);
    return child;
  };

  try {
    const env = { ...process.env, XDG_RUNTIME_DIR: run, XDG_CURRENT_DESKTOP: "sway", XDG_DESKTOP_PORTAL_DIR: portals, XDG_DATA_HOME: join(folder, "data"), PATH: `${programs}:${process.env.PATH}` };
    for (const name of ["WAYLAND_DISPLAY", "DISPLAY", "DBUS_SESSION_BUS_ADDRESS"]) delete env[name];
    const config = join(folder, "sway.conf");
    writeFileSync(config, `output HEADLESS-1 mode ${size.width}x${size.height}\noutput * bg ${picture} center #808080\nxwayland disable\n`);
    // Sway does not run as root, as tests in a container do.
    const isRoot = process.getuid() === 0;
    if (isRoot) for (const one of [folder, run]) chownSync(one, NOBODY, NOBODY);
    const down = isRoot ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
    const headless = { WLR_BACKENDS: "headless", WLR_RENDERER: "pixman", WLR_LIBINPUT_NO_DEVICES: "1" };
    const [command, ...args] = [...down, "sway", "-c", config];
    start(command, args, { env: { ...env, ...headless } });
    const display = () => readdirSync(run).find((name) => /^wayland-\d+$/.test(name));
    env.WAYLAND_DISPLAY = await eventually("the compositor is there", display, 10_000);
    env.GDK_BACKEND = "wayland";

    const bus = start("dbus-daemon", ["--session", "--nofork", "--print-address"], { env, stdio: ["ignore", "pipe", "ignore"] });
    env.DBUS_SESSION_BUS_ADDRESS = (await new Promise((done, fail) => {
      bus.stdout.once("data", done);
      bus.once("exit", () => fail(new Error("the bus ended")));
    })).toString().trim();
    // Sway's portal wants it for films of the screen, and does not start without.
    start("pipewire", [], { env });
    await eventually("there is PipeWire", () => readdirSync(run).includes("pipewire-0"), 10_000);

    writeFileSync(join(portals, "screen.portal"), "[portal]\nDBusName=org.freedesktop.impl.portal.desktop.wlr\nInterfaces=org.freedesktop.impl.portal.Screenshot\nUseIn=sway\n");
    writeFileSync(join(portals, "test.portal"), `[portal]\nDBusName=${BACKEND}\nInterfaces=org.freedesktop.impl.portal.Access;org.freedesktop.impl.portal.Screenshot;org.freedesktop.impl.portal.GlobalShortcuts\nUseIn=sway\n`);
    // For portals since 1.17.
    writeFileSync(join(portals, "sway-portals.conf"), "[preferred]\ndefault=screen;test\n");
    // In the place of the person who draws a frame with the pointer, which this screen has not.
    const picks = (geometry) => {
      writeFileSync(join(programs, "slurp"), geometry ? `#!/bin/sh\necho "${geometry}"\n` : "#!/bin/sh\nexit 1\n");
      chmodSync(join(programs, "slurp"), 0o755);
    };
    picks(null);

    const events = [];
    const backend = start("/usr/bin/python3", [join(here, "portal-backend.py")], { env, stdio: ["pipe", "pipe", "inherit"] });
    createInterface({ input: backend.stdout }).on("line", (line) => events.push(JSON.parse(line)));
    const told = (kind) => events.filter((event) => event.kind === kind);
    await eventually("the desktop answers", () => told("ready").length > 0, 10_000);

    return {
      env,
      folder,
      told,
      picks,
      say: (command) => backend.stdin.write(`${command}\n`),
      /** What the person said about pictures of the screen, as if it had never been said. */
      forgetLeave: () => {
        const store = "org.freedesktop.impl.portal.PermissionStore";
        spawnSync("gdbus", ["call", "--session", "--dest", store, "--object-path", `/${store.replaceAll(".", "/")}`, "--method", `${store}.Delete`, "screenshot", "screenshot"], { env });
      },
      /** Puts a picture into the clipboard, as another program would. */
      copy: (file, type = "image/png") => start("sh", ["-c", 'exec wl-copy --foreground --type "$2" < "$1"', "sh", file, type], { env }),
      /** What is on the screen, as a file. */
      grab: () => {
        const file = join(folder, "grabbed.png");
        const done = spawnSync("grim", [file], { env, encoding: "utf8" });
        if (done.status !== 0) throw new Error(done.stderr);
        return file;
      },
      /** The portals as if these parts of the desktop were not installed. */
      without: async (...names) => {
        for (const name of names) rmSync(join(portals, `${name}.portal`));
        const asked = ["call", "--session", "--dest", "org.freedesktop.DBus", "--object-path", "/", "--method", "org.freedesktop.DBus.GetConnectionUnixProcessID", "org.freedesktop.portal.Desktop"];
        const pid = () => Number(spawnSync("gdbus", asked, { env, encoding: "utf8" }).stdout.match(/uint32 (\d+)/)?.[1] ?? 0);
        const before = pid();
        if (before) process.kill(before);
        await eventually("the portals have ended", () => before === 0 || pid() !== before);
      },
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}
