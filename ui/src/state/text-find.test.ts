import { expect, it } from "vitest";
import { textOf } from "../backend/fake-texts";
import { laid } from "./picture-text";
import { found, searchable } from "./text-find";

const read = laid(textOf([
  ["Café Crème", 0, 0, 0, 0, 90, 20],
  ["The transfor-", 1, 1, 0, 30, 90, 20],
  ["mation of the", 2, 1, 0, 50, 90, 20],
  ["well-known café", 3, 1, 0, 70, 90, 20],
  ["“Don’t” – ﬁne", 4, 2, 0, 90, 90, 20],
  ["東京", 5, 3, 0, 120, 40, 20],
  ["都庁", 6, 3, 0, 140, 40, 20],
  ["Tea", 7, 4, 0, 170, 40, 20],
  ["2.00", 7, 4, 90, 170, 40, 20],
]));

function check(text: string, expected: string[], each = false): void {
  expect(found(searchable(read), { text, each }).map(({ start, end }) => read.text.slice(start, end)), text).toEqual(expected);
}

it("words are found whatever their case and accents", () => {
  check("CAFE", ["Café", "café"]);
  check("crème", ["Crème"]);
  check("FINE", ["ﬁne"]);
});

it("words are found across the line breaks of a paragraph, and not across paragraphs", () => {
  check("of  the well", ["of the\nwell"]);
  check("transformation", ["transfor-\nmation"]);
  check("transfor-", ["transfor-"]);
  check("well-known", ["well-known"]);
  check("crème the", []);
  check("東京都", ["東京\n都"]);
  check("tea 2.00", ["Tea\t2.00"]);
});

it("signs are found as keyboards have them", () => {
  check("\"don't\" - f", ["“Don’t” – ﬁ"]);
});

it("each word is found, where the search of chats wants each", () => {
  check("2.00 tea", []);
  check("2.00 tea", ["Tea", "2.00"], true);
  check("café cafe", ["Café", "café"], true);
});

it("nothing is found of nothing, and what is found does not overlap", () => {
  check("", []);
  check("  \n", []);
  check("́", []);
  const ana = laid(textOf([["ananas", 0, 0, 0, 0, 60, 20]]));
  expect(found(searchable(ana), { text: "ana", each: false })).toEqual([{ start: 0, end: 3 }]);
});
