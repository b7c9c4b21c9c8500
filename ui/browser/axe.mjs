// Every state, in Chromium: no axe violation (WCAG 2.2 AA and best practice), no console error, no request to anywhere else,
// nothing that scrolls sideways. `node browser/axe.mjs NAME...` checks only those.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { states } from "./states.mjs";
import { withWindow } from "./window.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const wanted = process.argv.slice(2);

const wide = { width: 1280, height: 800 };
const narrow = { width: 480, height: 860 };
const views = [
  { label: "1280 light", size: wide, theme: "light" },
  { label: "1280 dark", size: wide, theme: "dark" },
  { label: "1280 contrast", size: wide, theme: "contrast" },
  { label: "480 light", size: narrow, theme: "light" },
];

let passed = 0;
const failures = [];
await withWindow(async (open) => {
  for (const state of states) {
    if (wanted.length > 0 && !wanted.includes(state.name)) continue;
    const { page, faults, outside, show, close } = await open(state, wide);
    // Through the protocol, so the page's content policy does not apply to axe itself.
    await page.evaluate(axe);
    for (const { label, size, theme } of views) {
      await show(size, theme);
      const { violations } = await page.evaluate((values) => window.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] }), tags);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      const found = [
        ...violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.target.join(" ")} (${node.any[0]?.message ?? node.failureSummary?.split("\n")[1] ?? ""})`).join("; ")}`),
        ...(sideways > 0 ? [`scrolls sideways by ${sideways} px`] : []),
      ];
      if (found.length === 0) passed += 1;
      else failures.push(`${state.name}, ${label}\n  ${found.join("\n  ")}`);
    }
    // The state that cannot start logs why, as it should.
    const asides = [...(state.name === "cannot-start" ? [] : faults), ...outside.map((url) => `asked for ${url}`)];
    if (asides.length > 0) failures.push(`${state.name}\n  ${asides.join("\n  ")}`);
    await close();
  }
});
for (const failure of failures) console.error(failure);
console.log(`${passed} passed, ${failures.length} failed`);
process.exit(failures.length > 0 ? 1 : 0);
