// A caret in the text of a picture: where keys move it, and what a double click takes. Offsets are UTF-16 units of the text.

import { lineAt, type LaidText, type Span } from "./picture-text";

/** What is selected: from where it began to where the caret is. */
export interface Selected {
  anchor: number;
  focus: number;
}

export type Move =
  | "left" | "right" | "wordLeft" | "wordRight" | "lineStart" | "lineEnd" | "up" | "down" | "paragraphUp" | "paragraphDown" | "start" | "end";

/** How much one step of a selection with the pointer takes. */
export type Grain = "letter" | "word" | "line";

const letters = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const wordsIn = new Intl.Segmenter(undefined, { granularity: "word" });

/** The offsets in a line between which a person sees one letter, with its start and its end. */
export function boundariesOf(line: string): number[] {
  return [...Array.from(letters.segment(line), ({ index }) => index), line.length];
}

export function spanOf({ anchor, focus }: Selected): Span {
  return { start: Math.min(anchor, focus), end: Math.max(anchor, focus) };
}

/** The offset in another line that is right above or below the caret, and how far away that line is. */
export type Across = (line: number) => { offset: number; distance: number };

export function moved(laid: LaidText, caret: number, move: Move, across: Across): number {
  const { spans } = laid;
  const first = spans[0];
  const last = spans.at(-1);
  if (!first || !last) return 0;
  const at = Math.max(0, lineAt(spans, caret));
  const span = spans[at] ?? first;
  const text = laid.text.slice(span.start, span.end);
  const inside = Math.min(caret, span.end) - span.start;
  switch (move) {
    case "start":
      return first.start;
    case "end":
      return last.end;
    case "lineStart":
      return span.start;
    case "lineEnd":
      return span.end;
    case "left": {
      const before = boundariesOf(text).findLast((one) => one < inside);
      return before === undefined ? (spans[at - 1]?.end ?? span.start) : span.start + before;
    }
    case "right": {
      const after = boundariesOf(text).find((one) => one > inside);
      return after === undefined ? (spans[at + 1]?.start ?? span.end) : span.start + after;
    }
    case "wordLeft": {
      const before = wordStarts(text).findLast((one) => one < inside);
      return before === undefined ? (spans[at - 1]?.end ?? span.start) : span.start + before;
    }
    case "wordRight": {
      const after = [...wordStarts(text), text.length].find((one) => one > inside);
      return after === undefined ? (spans[at + 1]?.start ?? span.end) : span.start + after;
    }
    case "up":
    case "down": {
      const to = rowBeside(laid, at, move === "up" ? -1 : 1);
      if (to.length === 0) return move === "up" ? span.start : span.end;
      return to.map(across).reduce((best, one) => (one.distance < best.distance ? one : best)).offset;
    }
    case "paragraphUp":
    case "paragraphDown": {
      const starts = laid.lines.flatMap((line, index) => (line.paragraph !== laid.lines[index - 1]?.paragraph ? [spans[index]?.start ?? 0] : []));
      return move === "paragraphUp" ? (starts.findLast((one) => one < caret) ?? first.start) : (starts.find((one) => one > caret) ?? last.end);
    }
  }
}

function wordStarts(text: string): number[] {
  return Array.from(wordsIn.segment(text)).filter((one) => one.isWordLike).map((one) => one.index);
}

/** The lines of the row before or after that of a line. */
function rowBeside({ lines }: LaidText, at: number, by: 1 | -1): number[] {
  const row = lines[at]?.row;
  let to = at;
  while (lines[to]?.row === row) to += by;
  const other = lines[to]?.row;
  const found: number[] = [];
  while (lines[to] && lines[to]?.row === other) {
    found.push(to);
    to += by;
  }
  return found;
}

/** The word or line around an offset; nothing for a letter. */
export function grainAt({ text, spans }: LaidText, offset: number, grain: Grain): Span {
  const span = spans[Math.max(0, lineAt(spans, offset))];
  if (grain === "letter" || !span) return { start: offset, end: offset };
  if (grain === "line") return span;
  const inside = Math.min(offset, span.end) - span.start;
  const words = Array.from(wordsIn.segment(text.slice(span.start, span.end)));
  const found = words.findLast((one) => one.index <= inside && (one.isWordLike || one.index + one.segment.length > inside)) ?? words[0];
  return found ? { start: span.start + found.index, end: span.start + found.index + found.segment.length } : span;
}

/** A selection that grows from what was taken first to where the pointer is. */
export function grown(first: Span, to: Span): Selected {
  return to.start < first.start ? { anchor: first.end, focus: to.start } : { anchor: first.start, focus: Math.max(first.end, to.end) };
}
