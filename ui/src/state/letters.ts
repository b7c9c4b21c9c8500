// Where words stand in what is shown: found by their letters and figures alone, since spaces and signs differ between what is
// said, what is written in Markdown, and what is shown.

/** A place in one of several texts. */
export interface Place {
  text: number;
  at: number;
}

/** The letters and figures of some texts, in a row. */
export interface Letters {
  row: string;
  /** For each UTF-16 unit of `row`, where its letter is. */
  places: readonly Place[];
}

/** A part of a row of letters. */
export interface LetterSpan {
  from: number;
  to: number;
}

export function lettersOf(texts: readonly string[]): Letters {
  const letters: string[] = [];
  const places: Place[] = [];
  for (const [text, content] of texts.entries()) {
    for (const { 0: letter, index } of content.matchAll(/[\p{L}\p{N}]/gu)) {
      letters.push(letter);
      // Letters of two units have two places, both where they begin.
      for (let unit = 0; unit < letter.length; unit += 1) places.push({ text, at: index });
    }
  }
  return { row: letters.join(""), places };
}

export function plain(text: string): string {
  return lettersOf([text]).row;
}

/** Where a part of the row begins and ends in the texts. */
export function placesAt({ row, places }: Letters, { from, to }: LetterSpan): [Place, Place] | null {
  const [first, last] = [places[from], places[to - 1]];
  if (!first || !last) return null;
  const length = String.fromCodePoint(row.codePointAt(to - 1 - (isSecondHalf(row, to - 1) ? 1 : 0)) ?? 0).length;
  return [first, { text: last.text, at: last.at + length }];
}

function isSecondHalf(row: string, at: number): boolean {
  const unit = row.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Where each of the sentences begins and ends, in order; null for one that is not shown. */
export function placesOf(texts: readonly string[], sentences: readonly string[]): ([Place, Place] | null)[] {
  const letters = lettersOf(texts);
  let after = 0;
  return sentences.map((sentence) => {
    const wanted = plain(sentence);
    const from = wanted === "" ? -1 : letters.row.indexOf(wanted, after);
    if (from < 0) return null;
    after = from + wanted.length;
    return placesAt(letters, { from, to: after });
  });
}

/** A sentence that was spoken, and where its letters stand. */
export interface Turn extends LetterSpan {
  index: number;
}

/** Where the sentence of a turn stands: the same words may stand in many places, and speech goes through them in order. */
export function turnIn(row: string, sentence: string, index: number, before: Turn | null): Turn | null {
  const wanted = plain(sentence);
  if (wanted === "") return null;
  const turn = (from: number): Turn | null => (from < 0 ? null : { index, from, to: from + wanted.length });
  if (before === null) return turn(row.indexOf(wanted));
  if (index < before.index) return turn(row.lastIndexOf(wanted, before.from - wanted.length)) ?? turn(row.indexOf(wanted));
  const after = index === before.index ? before.from : before.to;
  return turn(row.indexOf(wanted, after)) ?? turn(row.indexOf(wanted));
}

/** Where a part of `source`, or the `words` that were made of it, is in the row of what is shown of the source. */
export function shownAt(row: string, source: string, part: { start: number; end: number }, words = source.slice(part.start, part.end)): LetterSpan | null {
  const wanted = plain(words);
  if (wanted === "") return null;
  // What is not shown of the Markdown is as long as before, without letters.
  const bare = source
    .replace(/\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*\)/g, (link) => " ".repeat(link.length))
    .replace(/^[ \t]*(?:```|~~~)[^\n]*/gm, (fence) => " ".repeat(fence.length))
    .replace(/&#?\w{1,8};/g, (sign) => " ".repeat(sign.length));
  const expected = plain(bare.slice(0, part.start)).length;
  let best = -1;
  for (let at = row.indexOf(wanted); at >= 0; at = row.indexOf(wanted, at + 1)) {
    if (best >= 0 && Math.abs(at - expected) >= Math.abs(best - expected)) break;
    best = at;
  }
  return best < 0 ? null : { from: best, to: best + wanted.length };
}
