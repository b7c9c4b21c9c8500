import { expect, it } from "vitest";
import { placesOf, plain, shownAt, turnIn } from "./letters";

const cut = (texts: string[], place: ReturnType<typeof placesOf>[number]): string | null => {
  if (!place) return null;
  const [from, to] = place;
  if (from.text === to.text) return (texts[from.text] ?? "").slice(from.at, to.at);
  return [(texts[from.text] ?? "").slice(from.at), ...texts.slice(from.text + 1, to.text), (texts[to.text] ?? "").slice(0, to.at)].join("|");
};

it("finds sentences in order across elements, whatever stands between the letters", () => {
  const texts = ["The sign says ", "stop", ". The sign", "\n", "Tea", "1.90 €", "The sign says stop."];
  const places = placesOf(texts, ["The sign says stop.", "The sign", "Tea 1.90 €", "The sign says stop."]);
  expect(places.map((place) => cut(texts, place))).toEqual(["The sign says |stop", "The sign", "Tea|1.90", "The sign says stop"]);
});

it("knows what is not shown, and letters beyond the usual", () => {
  expect(placesOf(["abc"], ["xyz", "…", "abc"]).map((place) => place?.[0].at)).toEqual([undefined, undefined, 0]);
  const texts = ["😀 𝔘𝔫 été"];
  expect(cut(texts, placesOf(texts, ["été"])[0] ?? null)).toBe("été");
  expect(cut(texts, placesOf(texts, ["𝔘𝔫"])[0] ?? null)).toBe("𝔘𝔫");
});

it("a sentence that stands there often is the next one that is spoken", () => {
  const row = plain("OK Cancel OK Retry OK");
  const first = turnIn(row, "OK", 0, null);
  expect(first).toEqual({ index: 0, from: 0, to: 2 });
  expect(turnIn(row, "OK", 0, first)).toEqual(first);
  const second = turnIn(row, "Cancel", 1, first);
  const third = turnIn(row, "OK.", 2, second);
  expect(third?.from).toBe(8);
  const last = turnIn(row, "OK", 4, third);
  expect(last?.from).toBe(15);
  expect(turnIn(row, "OK", 2, last)?.from).toBe(8);
  expect(turnIn(row, "OK", 0, third)?.from).toBe(0);
  // Read again from the start, without having been told that it ended.
  expect(turnIn(row, "Cancel", 5, last)?.from).toBe(2);
  expect(turnIn(row, "…", 1, first)).toBeNull();
  expect(turnIn(row, "Nothing of it", 1, first)).toBeNull();
});

it("a part of Markdown is found in what is shown of it", () => {
  const source = "It is **14** at [the 14th](https://a.example/14/14) &#49;\n```14\nx\n```\nand 14 again";
  const shown = plain("It is 14 at the 14th 1 x and 14 again");
  const at = (n: number): number => [...source.matchAll(/14/g)][n]?.index ?? -1;
  const check = (n: number, expected: number | undefined): void => expect(shownAt(shown, source, { start: at(n), end: at(n) + 2 })?.from).toBe(expected);
  check(0, shown.indexOf("14"));
  check(1, shown.indexOf("14th"));
  check(5, shown.lastIndexOf("14"));
  expect(shownAt(shown, source, { start: 2, end: 3 })).toBeNull();
  expect(shownAt("abc", "9", { start: 0, end: 1 })).toBeNull();
});
