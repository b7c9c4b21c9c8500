// Finding words in the text of a picture, whatever their case and accents, and across the line breaks of a paragraph.

import type { LaidText, Span } from "./picture-text";

/** Text as it is compared, with the place that each of its units came from. */
interface Folded {
  text: string;
  /** For each unit of `text`, the part of the original that it stands for. */
  from: Span[];
}

/** Signs that are written in several ways, each as the one that keyboards have. */
const SIGNS: Record<string, string> = { "’": "'", "‘": "'", "‚": "'", "“": "\"", "”": "\"", "„": "\"", "«": "\"", "»": "\"", "–": "-", "—": "-", "‑": "-", "‐": "-", "−": "-", "…": "..." };
const DENSE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

function foldedLetter(letter: string): string {
  return (SIGNS[letter] ?? letter).normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** Folds a part of a text; spaces, tabs and line breaks in a row become one space. `joins`: a word cut by a hyphen is one word. */
function folded(text: string, { start, end }: Span, joins: boolean): Folded {
  let out = "";
  const from: Span[] = [];
  let at = start;
  while (at < end) {
    const gap = /^\s+/u.exec(text.slice(at, end))?.[0];
    if (gap !== undefined) {
      const breaks = gap.includes("\n");
      if (joins && breaks && out.endsWith("-") && /\p{Ll}/u.test(letterAt(text, at + gap.length))) {
        out = out.slice(0, -1);
        from.pop();
      } else if (!(breaks && DENSE.test(out.slice(-1)) && DENSE.test(letterAt(text, at + gap.length)))) {
        out += " ";
        from.push({ start: at, end: at + gap.length });
      }
      at += gap.length;
      continue;
    }
    const letter = letterAt(text, at);
    const plain = foldedLetter(letter);
    const last = from.at(-1);
    // A mark that stands for itself belongs to the letter before it.
    if (plain === "" && last) last.end = at + letter.length;
    for (let unit = 0; unit < plain.length; unit += 1) from.push({ start: at, end: at + letter.length });
    out += plain;
    at += letter.length;
  }
  return { text: out, from };
}

function letterAt(text: string, at: number): string {
  const code = text.codePointAt(at);
  return code === undefined ? "" : String.fromCodePoint(code);
}

/** What is looked for: all of it as one, or, as the search of chats does, each of its words. */
export interface Wanted {
  text: string;
  each: boolean;
}

function needlesOf({ text, each }: Wanted): string[] {
  const plain = [...text].map(foldedLetter).join("").replace(/\s+/gu, " ").trim();
  if (plain === "") return [];
  return each ? [...new Set(plain.split(" "))] : [plain];
}

/** The paragraphs of a text, each as a part of it. */
function paragraphsOf({ lines, spans }: LaidText): Span[] {
  const all: Span[] = [];
  for (const [index, { start, end }] of spans.entries()) {
    const last = all.at(-1);
    if (last && lines[index]?.paragraph === lines[index - 1]?.paragraph) last.end = end;
    else all.push({ start, end });
  }
  return all;
}

/** A text that is ready to be searched, so that each letter that is typed folds it not again. */
export type Searchable = readonly Folded[];

export function searchable(laid: LaidText): Searchable {
  return paragraphsOf(laid).flatMap((part) => {
    const plain = folded(laid.text, part, false);
    const joined = folded(laid.text, part, true);
    return joined.text === plain.text ? [plain] : [plain, joined];
  });
}

/** Where the words stand, in order, none of them twice. */
export function found(text: Searchable, wanted: Wanted): Span[] {
  const needles = needlesOf(wanted);
  const all = new Map<number, Span>();
  for (const { text: hay, from } of text) {
    for (const needle of needles) {
      for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + needle.length)) {
        const [first, last] = [from[at], from[at + needle.length - 1]];
        if (!first || !last) continue;
        const known = all.get(first.start);
        if (!known || known.end < last.end) all.set(first.start, { start: first.start, end: last.end });
      }
    }
  }
  return [...all.values()].sort((a, b) => a.start - b.start);
}
