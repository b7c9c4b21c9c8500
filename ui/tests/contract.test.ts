// The contract with Rust is declared once, in the generated file, and the words of errors keep to it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultGaps } from "../src/contract";
import { faults as en } from "../src/i18n/faults.en";
import { faults as fr } from "../src/i18n/faults.fr";

const root = "src";
const contract = readFileSync(join(root, "contract.ts"), "utf8");
const names = [...contract.matchAll(/^export type (\w+)/gm)].map((match) => match[1] ?? "");

it("declares no type of the contract again", () => {
  expect(names.length).toBeGreaterThan(50);
  const again = new RegExp(`\\b(?:type|interface|class|enum)\\s+(${names.join("|")})\\b(?=\\s*[<={])`, "g");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.(ts|svelte)$/.test(name) && name !== "contract.ts");
  const found = files.flatMap((name) => [...readFileSync(join(root, name), "utf8").matchAll(again)].map((match) => `${name}: ${match[0]}`));
  expect(found).toEqual([]);
});

describe.each([["English", en], ["French", fr]])("errors in %s", (_, words) => {
  it.each(Object.entries(faultGaps))("%s has the gaps that Rust fills, and no others", (id, gaps) => {
    const said = words[id as keyof typeof faultGaps];
    expect(said).toBeDefined();
    const used = new Set([...`${said?.what} ${said?.hint}`.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
    expect([...used].toSorted()).toEqual([...gaps].toSorted());
  });
});
