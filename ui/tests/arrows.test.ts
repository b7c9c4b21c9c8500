// Which part may import which: backend alone knows Tauri, state is pure, parts know neither state nor backend.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve("src");
const files = readdirSync(root, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(ts|svelte)$/.test(name) && !name.endsWith(".test.ts"))
  .map((name) => join(root, name));

interface Import {
  from: string;
  to: string;
  typesOnly: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, "utf8");
  const found = [...text.matchAll(/^\s*import\s+(type\s)?[^'"();]*?from\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']\s*\)|^\s*import\s*["']([^"']+)["']/gm)];
  return found.map((match) => ({ from: relative(root, file), to: match[2] ?? match[3] ?? match[4] ?? "", typesOnly: match[1] !== undefined }));
}

const all = files.flatMap(importsOf);
const partOf = (path: string): string => path.split("/")[0] ?? "";
const target = (one: Import): string => (one.to.startsWith(".") ? partOf(relative(root, resolve(root, dirname(one.from), one.to))) : one.to);

function check(part: string, mayNot: (to: string, one: Import) => boolean): void {
  const wrong = all.filter((one) => partOf(one.from) === part && mayNot(target(one), one)).map((one) => `${one.from} imports ${one.to}`);
  expect(wrong).toEqual([]);
}

describe("imports", () => {
  it("are found at all", () => {
    expect(files.length).toBeGreaterThan(40);
    expect(all.length).toBeGreaterThan(150);
  });
  it("of Tauri are in backend/ and the contract alone", () => {
    expect(all.filter((one) => one.to.startsWith("@tauri-apps/") && !["backend", "contract.ts"].includes(partOf(one.from))).map((one) => one.from)).toEqual([]);
  });
  it("of the contract's commands are in backend/ alone; all others take types", () => {
    expect(all.filter((one) => target(one) === "contract" && !one.typesOnly && partOf(one.from) !== "backend").map((one) => one.from)).toEqual([]);
  });
  it("of state/ are state, the contract's types and the words of the catalogues' types", () => {
    check("state", (to, one) => !(to === "state" || to === "contract" || (to === "i18n" && one.typesOnly)));
  });
  it("of parts/ know neither state, nor views, nor backend", () => {
    check("parts", (to) => ["state", "views", "backend", "contract", "i18n", "run.svelte", "run.svelte.ts"].includes(to));
  });
  it("of views/ never reach the backend", () => {
    check("views", (to) => to === "backend");
  });
  it("of i18n/ are the catalogues and types", () => {
    check("i18n", (to, one) => !(to === "i18n" || to === "contract" || (to === "state" && one.typesOnly)));
  });
});

describe("the page", () => {
  const sources = files.map((file) => ({ name: relative(root, file), text: readFileSync(file, "utf8") }));
  it("has no style attribute in markup, which the content policy would drop", () => {
    expect(sources.filter(({ name, text }) => name.endsWith(".svelte") && /<[a-z][^>]*\sstyle="/.test(text)).map(({ name }) => name)).toEqual([]);
  });
  it("has no address of another host, but for the example of the fake", () => {
    const hosts = sources.filter(({ name }) => !name.includes("fake")).flatMap(({ name, text }) => [...text.matchAll(/https?:\/\/[a-z0-9.-]+\.[a-z]{2,}/gi)].map((match) => `${name}: ${match[0]}`));
    expect(hosts).toEqual([]);
  });
  it("puts HTML in one place only", () => {
    expect(sources.filter(({ text }) => text.includes("{@html")).map(({ name }) => name)).toEqual([join("parts", "Markdown.svelte")]);
  });
  it("keeps borders and margins logical, for languages that run the other way", () => {
    const physical = /\b(?:margin|padding|border)-(?:left|right)\b|text-align:\s*(?:left|right)\b|float:\s*(?:left|right)/;
    expect(sources.filter(({ text }) => physical.test(text)).map(({ name }) => name)).toEqual([]);
  });
});

it("package-lock.json names no registry", () => {
  expect(readFileSync("package-lock.json", "utf8")).not.toMatch(/"resolved"/);
});
