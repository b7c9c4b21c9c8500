// Pictures of every state -> docs/screenshots: light and dark at 1280, light at 480; the main ones in both at 480, 1280 and 2560.
// `node browser/screenshots.mjs NAME...` makes only those. With TEXTS=1 OUT=FOLDER their texts stand beside them in
// `texts.json`, as the example `score` of lorgnette-reader takes them, and the pictures within the window are left out of both.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { states } from "./states.mjs";
import { visibleLines } from "./texts.mjs";
import { withWindow } from "./window.mjs";

const out = process.env.OUT ?? fileURLToPath(new URL("../../docs/screenshots", import.meta.url));
const wanted = process.argv.slice(2);
const everywhere = ["first-run", "answer", "looking", "models"]; // the others change little with the width
const sizes = [
  { width: 1280, height: 800 }, // first: a state is opened at this size, and a menu closes when the window is resized
  { width: 480, height: 860 },
  { width: 2560, height: 1440 },
];

// A palette makes them a third of the size; without ImageMagick they are larger, and the same to the eye.
const hasConvert = spawnSync("convert", ["-version"]).status === 0;

mkdirSync(out, { recursive: true });
let made = 0;
const faults = [];
const texts = process.env.TEXTS ? {} : undefined;
if (texts && !process.env.OUT) throw new Error("TEXTS needs OUT: the screenshots of the documents show their pictures.");
await withWindow(async (open) => {
  for (const state of states) {
    if (wanted.length > 0 && !wanted.includes(state.name)) continue;
    const shown = await open(state, sizes[0]);
    for (const size of state.size ? [state.size] : sizes) {
      if (size.width === 2560 && !everywhere.includes(state.name)) continue;
      for (const theme of ["light", "dark"]) {
        if (theme === "dark" && size.width === 480 && !everywhere.includes(state.name)) continue;
        await picture(shown, state, size, theme);
      }
    }
    if (state.name === "answer") {
      await picture(shown, state, sizes[0], "contrast");
      await shown.page.emulateMedia({ forcedColors: "active", reducedMotion: "reduce" });
      await picture(shown, state, sizes[0], "light", "forced-colours");
    }
    faults.push(...shown.faults.map((fault) => `${state.name}: ${fault}`));
    await shown.close();
  }
});

async function picture(shown, state, size, theme, name = theme) {
  await shown.show(size, theme);
  const file = `${state.name}-${size.width}-${name}.png`;
  const path = `${out}/${file}`;
  if (texts) {
    await shown.page.evaluate(() => document.querySelectorAll("img, canvas").forEach((picture) => (picture.style.visibility = "hidden")));
    texts[file] = { kind: `${size.width}`, lines: await shown.page.evaluate(visibleLines) };
  }
  await shown.page.screenshot({ path });
  if (hasConvert) execFileSync("convert", [path, "-strip", "-dither", "None", "-colors", "256", `PNG8:${path}`]);
  made += 1;
}

if (texts) writeFileSync(`${out}/texts.json`, `${JSON.stringify(texts, null, 1)}\n`);
const real = faults.filter((fault) => !fault.includes("cannot-start")); // that one logs why, as it should
for (const fault of real) console.error(fault);
console.log(`${made} screenshots in ${out}, ${real.length} console errors`);
process.exit(real.length > 0 ? 1 : 0);
