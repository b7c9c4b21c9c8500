import { expect, it } from "vitest";
import { textOf } from "../backend/fake-texts";
import { laid, lineAt, piecesOf, piecesOfLines, unitsOf } from "./picture-text";

const read = laid(textOf([
  ["Übersicht", 0, 0, 0, 0, 90, 20],
  ["Tee 😀", 1, 1, 0, 30, 60, 20],
  ["€ 2,00", 1, 1, 80, 30, 60, 20],
  ["Danke", 2, 2, 0, 60, 50, 20],
], undefined, [2]));

it("bytes become places in the text, whatever stands before them", () => {
  expect(read.text).toBe("Übersicht\nTee 😀\t€ 2,00\n\nDanke");
  expect(read.spans.map(({ start, end }) => read.text.slice(start, end))).toEqual(["Übersicht", "Tee 😀", "€ 2,00", "Danke"]);
  // Within a character: its start. Behind the text: its end.
  expect(unitsOf("a😀b", [0, 1, 3, 5, 6, 99])).toEqual([0, 1, 1, 3, 4, 4]);
  expect(unitsOf("", [0, 7])).toEqual([0, 0]);
});

it("a part of the text is cut into lines, and is copied with what lies between them", () => {
  const start = read.text.indexOf("sicht");
  const end = read.text.indexOf("2,00");
  expect(piecesOf(read.spans, { start, end })).toEqual([
    { line: 0, from: 4, to: 9 },
    { line: 1, from: 0, to: 6 },
    { line: 2, from: 0, to: 2 },
  ]);
  expect(read.text.slice(start, end)).toBe("sicht\nTee 😀\t€ ");
  expect(piecesOf(read.spans, { start: 3, end: 3 })).toEqual([]);
  // Between two lines there is nothing to be marked.
  expect(piecesOf(read.spans, { start: read.spans[2]?.end ?? 0, end: read.spans[3]?.start ?? 0 })).toEqual([]);
  expect(piecesOfLines(read, [3, 9])).toEqual([{ line: 3, from: 0, to: 5 }]);
});

it("an offset has a line, also between two", () => {
  expect([0, 9, 10, 16, 17, 24, 25].map((offset) => lineAt(read.spans, offset))).toEqual([0, 0, 1, 1, 2, 2, 3]);
  expect(lineAt([], 0)).toBe(-1);
});
