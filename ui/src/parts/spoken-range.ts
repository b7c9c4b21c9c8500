// Where a sentence stands in what is shown: found by its letters and figures alone, since spaces and signs differ between
// what is said and what is shown.

/** A place in one of several texts. */
export interface Place {
  text: number;
  at: number;
}

function* letters(texts: readonly string[]): Generator<[string, Place]> {
  for (const [text, content] of texts.entries()) {
    let at = 0;
    for (const letter of content) {
      if (/[\p{L}\p{N}]/u.test(letter)) yield [letter, { text, at }];
      at += letter.length;
    }
  }
}

/** Where each of the sentences begins and ends, in order; null for one that is not shown. */
export function placesOf(texts: readonly string[], sentences: readonly string[]): ([Place, Place] | null)[] {
  const all = [...letters(texts)];
  const shown = all.map(([letter]) => letter).join("");
  // Letters of two UTF-16 units count once in `all`.
  const starts: number[] = [];
  for (const [index, [letter]] of all.entries()) for (let unit = 0; unit < letter.length; unit++) starts.push(index);
  let from = 0;
  return sentences.map((sentence) => {
    const wanted = [...letters([sentence])].map(([letter]) => letter).join("");
    const found = wanted === "" ? -1 : shown.indexOf(wanted, from);
    const first = all[starts[found] ?? -1];
    const last = all[starts[found + wanted.length - 1] ?? -1];
    if (!first || !last) return null;
    from = found + wanted.length;
    return [first[1], { text: last[1].text, at: last[1].at + last[0].length }];
  });
}
