// How many words a text has, about as a person counts them.

/** Scripts that put no spaces between words: there, each letter counts, as word processors do it. */
const UNSPACED = String.raw`\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}`;
const WORD = new RegExp(String.raw`[${UNSPACED}]|[^\s${UNSPACED}]*[\p{L}\p{N}][^\s${UNSPACED}]*`, "gu");

export function countWords(text: string): number {
  return text.match(WORD)?.length ?? 0;
}
