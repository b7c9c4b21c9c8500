import { expect, it } from "vitest";
import { actions } from "../state/actions";
import { directionOf, languageOf } from ".";
import { en } from "./en";
import { fr } from "./fr";

/** Every key with its kind: text, or a function and its number of parameters. */
function shape(value: unknown, path = ""): string[] {
  if (typeof value === "string") return [`${path}: text`];
  if (typeof value === "function") return [`${path}: function of ${value.length}`];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) => shape(inner, path ? `${path}.${key}` : key));
}

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "function") return [String(value(...Array.from({ length: value.length }, (_, index) => (index === 0 ? 2 : "2"))))];
  return Object.values(value as Record<string, unknown>).flatMap(texts);
}

it("has the same keys in every language", () => {
  expect(shape(fr).toSorted()).toEqual(shape(en).toSorted());
});

it("says everything, calmly", () => {
  for (const text of [...texts(en), ...texts(fr)]) {
    expect(text.trim(), text).not.toBe("");
    expect(text, text).not.toMatch(/!|\bundefined\b|\[object|Oops/);
  }
});

it("names every action in every language, each by its own name and with its own keys", () => {
  for (const words of [en, fr]) {
    const all = actions(words.quick);
    expect(all.map(({ id }) => words.actions[id]).filter(Boolean)).toHaveLength(all.length);
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(all.map(({ keys }) => keys)).size).toBe(all.length);
    expect(Object.keys(words.actions).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  }
});

it("follows the system's language where it has a catalogue", () => {
  expect(languageOf("system", "fr-CA")).toBe("fr");
  expect(languageOf("system", "de-DE")).toBe("en");
  expect(languageOf("en", "fr-FR")).toBe("en");
  expect(directionOf("ar-EG")).toBe("rtl");
  expect(directionOf("fr")).toBe("ltr");
});
