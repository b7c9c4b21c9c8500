// The text of a picture as one string, with its lines as parts of it. What lies between two lines is how they are copied:
// a line break, an empty line, or a tab between the cells of a row.

import type { PictureText, TextLine } from "../contract";
import type { Piece } from "./line-layout";

/** A part of a text, in UTF-16 units. */
export interface Span {
  start: number;
  end: number;
}

export interface LaidText {
  text: string;
  lines: readonly TextLine[];
  /** Where each line stands in `text`; in order, and never overlapping. */
  spans: readonly Span[];
}

/** UTF-16 offsets of byte offsets, which must not decrease. One within a character becomes its start. */
export function unitsOf(text: string, bytes: readonly number[]): number[] {
  const units: number[] = [];
  let [byte, unit] = [0, 0];
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    const next = byte + (code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
    while (units.length < bytes.length && (bytes[units.length] ?? 0) < next) units.push(unit);
    [byte, unit] = [next, unit + letter.length];
    if (units.length === bytes.length) break;
  }
  while (units.length < bytes.length) units.push(text.length);
  return units;
}

export function laid({ text, lines }: PictureText): LaidText {
  const units = unitsOf(text, lines.flatMap(({ source }) => [source.start, source.end]));
  return { text, lines, spans: lines.map((_, index) => ({ start: units[2 * index] ?? 0, end: units[2 * index + 1] ?? 0 })) };
}

/** The line that an offset is in, or that ends before it; -1 before the first. */
export function lineAt(spans: readonly Span[], offset: number): number {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.start ?? Infinity) <= offset) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The parts of lines that a part of the text has; of what lies between lines, nothing. */
export function piecesOf(spans: readonly Span[], { start, end }: Span): Piece[] {
  const pieces: Piece[] = [];
  for (let line = Math.max(0, lineAt(spans, start)); line < spans.length; line += 1) {
    const span = spans[line];
    if (!span || span.start >= end) break;
    const from = Math.max(start, span.start) - span.start;
    const to = Math.min(end, span.end) - span.start;
    if (from < to) pieces.push({ line, from, to });
  }
  return pieces;
}

/** The whole of some lines. */
export function piecesOfLines({ spans }: LaidText, lines: readonly number[]): Piece[] {
  return lines.flatMap((line) => {
    const span = spans[line];
    return span ? [{ line, from: 0, to: span.end - span.start }] : [];
  });
}
