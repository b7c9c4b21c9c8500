import { expect, it } from "vitest";
import { placesOf } from "./spoken-range";

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
