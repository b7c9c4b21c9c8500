import { describe, expect, it } from "vitest";
import { textOf } from "../backend/fake-texts";
import { framesOf, inFrame } from "./line-layout";
import { laid } from "./picture-text";
import { boundariesOf, grainAt, grown, moved, spanOf, type Move } from "./text-caret";

// Two columns of a table below a heading.
const read = laid(textOf([
  ["Two words", 0, 0, 0, 0, 90, 20],
  ["Tea", 1, 1, 0, 30, 30, 20],
  ["2.00", 1, 1, 100, 30, 40, 20],
  ["Cake", 2, 2, 0, 60, 40, 20],
  ["13.50", 2, 2, 100, 60, 50, 20],
  ["é́ 👨‍👩‍👧!", 3, 3, 0, 90, 50, 20],
]));
const at = (text: string): number => read.text.indexOf(text);

/** Letters of ten pixels, as the test's lines have them. */
function across(caret: number): (line: number) => { offset: number; distance: number } {
  const frames = framesOf(read.lines);
  const here = read.spans.findLastIndex((span) => span.start <= caret);
  const from = { x: (frames[here]?.x ?? 0) + 10 * (caret - (read.spans[here]?.start ?? 0)), y: (frames[here]?.y ?? 0) + 10 };
  return (line) => {
    const [frame, span] = [frames[line], read.spans[line]];
    if (!frame || !span) return { offset: 0, distance: Infinity };
    const { x, y } = inFrame(frame, from);
    const offset = Math.min(span.end, span.start + Math.max(0, Math.round(x / 10)));
    return { offset, distance: Math.hypot(Math.max(0, -x, x - frame.width), y - frame.height / 2) };
  };
}

function check(from: number, move: Move, to: number): void {
  expect(moved(read, from, move, across(from)), `${move} from ${from}`).toBe(to);
}

describe("the caret", () => {
  it("goes by letters and words, over the ends of lines", () => {
    check(0, "right", 1);
    check(at("Tea") - 1, "right", at("Tea"));
    check(at("Tea"), "left", at("Tea") - 1);
    check(0, "left", 0);
    check(0, "wordRight", at("words"));
    check(at("words") + 2, "wordRight", at("words") + 5);
    check(at("words") + 5, "wordRight", at("Tea"));
    check(at("words"), "wordLeft", 0);
  });

  it("never stands inside a letter of several characters", () => {
    const line = read.lines[5]?.text ?? "";
    expect(boundariesOf(line).length).toBe([...new Intl.Segmenter().segment(line)].length + 1);
    check(at("é́"), "right", at("é́") + "é́".length);
    check(at("👨"), "right", at("👨") + "👨‍👩‍👧".length);
    check(at("👨") + "👨‍👩‍👧".length, "left", at("👨"));
  });

  it("goes up and down to what lies above and below, cell by cell", () => {
    check(at("2.00") + 1, "down", at("13.50") + 1);
    check(at("13.50"), "up", at("2.00"));
    check(at("Cake") + 2, "up", at("Tea") + 2);
    check(at("Tea"), "up", 0);
    check(3, "up", 0);
    check(at("é́"), "down", read.text.length);
  });

  it("goes to the ends of lines, paragraphs and the text", () => {
    check(at("words"), "lineStart", 0);
    check(at("2.00"), "lineEnd", at("2.00") + 4);
    check(at("2.00"), "start", 0);
    check(0, "end", read.text.length);
    check(0, "paragraphDown", at("Tea"));
    check(at("Cake"), "paragraphUp", at("Tea"));
    check(at("é́"), "paragraphDown", read.text.length);
  });

  it("is at the beginning of a picture without text", () => {
    const empty = laid({ text: "", lines: [], unreadable: [], shrunk: null });
    for (const move of ["left", "down", "end", "paragraphUp", "wordRight"] as const) expect(moved(empty, 0, move, () => ({ offset: 0, distance: 0 }))).toBe(0);
  });
});

it("a double click takes a word, a third one the line, and a drag more of them", () => {
  const word = grainAt(read, at("words") + 2, "word");
  expect(read.text.slice(word.start, word.end)).toBe("words");
  const line = grainAt(read, at("Cake") + 1, "line");
  expect(read.text.slice(line.start, line.end)).toBe("Cake");
  const back = grown(word, grainAt(read, 1, "word"));
  expect(back).toEqual({ anchor: word.end, focus: 0 });
  expect(spanOf(back)).toEqual({ start: 0, end: word.end });
  expect(grown(word, line)).toEqual({ anchor: word.start, focus: line.end });
  const letter = grainAt(read, 3, "letter");
  expect(grown(letter, { start: 1, end: 1 })).toEqual({ anchor: 3, focus: 1 });
});
