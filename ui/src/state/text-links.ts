// Addresses and numbers in the text of a picture that a person may want to open or copy. Nothing here opens anything.

import type { Span } from "./picture-text";

export type LinkKind = "web" | "mail" | "phone";

export interface TextLink extends Span {
  kind: LinkKind;
  /** What is opened or copied: a whole address, a mail address, or the number as it is written. */
  target: string;
}

const WEB = /(?:https?:\/\/|www\.)[^\s<>"“”„«»]+/giu;
/** A site that is named without `https://`: only endings that are hardly ever those of files. */
const SITE = /(?<![\p{L}\p{N}@./\\-])(?:[a-z0-9](?:[a-z0-9-]{0,62})\.)+(?:com|org|net|edu|gov|eu|de|fr|uk|ie|ch|at|es|it|nl|be)(?:\/[^\s<>"“”„«»]*)?(?![\p{L}\p{N}-]|\.\p{L})/giu;
const MAIL = /(?<![\p{L}\p{N}._%+-])[\p{L}\p{N}._%+-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}/gu;
const PHONE = /(?<![\p{L}\p{N}.,:/-])(?:\+|\(|00?)?\d[\d\s()./-]{5,22}\d(?![\p{L}\p{N}:,/-]|\.\d)/gu;

/** Without what ends the sentence, and without brackets that were opened before the address. */
function trimmed(address: string): string {
  let text = address;
  for (;;) {
    const last = text.at(-1) ?? "";
    const opens = { ")": "(", "]": "[", "}": "{" }[last];
    const isUnopened = opens !== undefined && text.split(opens).length < text.split(last).length;
    if (!isUnopened && !/[.,;:!?'’…]/.test(last)) return text;
    text = text.slice(0, -1);
  }
}

/** Whether digits in a row are a number that is called, and no date, price, version or address of a machine. */
function isPhone(text: string): boolean {
  const digits = text.replace(/\D/g, "");
  if (digits.length < 7 || digits.length > 15) return false;
  if (/^\d{1,4}[./-]\d{1,2}[./-]\d{1,4}$/.test(text) || /^\d{1,2}\s\d{1,2}\s\d{4}$/.test(text) || /^\d+\.\d+$/.test(text) || /^\d{1,3}(\.\d{1,3}){3}$/.test(text)) return false;
  if (/\s{2,}|[./-]{2,}/.test(text)) return false;
  if (/^(?:\+|\(0|00?[1-9])/.test(text)) return /[\s()./-]/.test(text) || text.startsWith("+") || digits.length >= 9;
  return /^\(?\d{3}\)?[\s.-]?\d{3}[\s.-]\d{4}$/.test(text);
}

/** The addresses and numbers in a line, in order, none inside another. */
export function linksIn(line: string): TextLink[] {
  const all: TextLink[] = [];
  const take = (kind: LinkKind, start: number, text: string, target: string): void => {
    const end = start + text.length;
    if (text !== "" && !all.some((one) => one.start < end && start < one.end)) all.push({ kind, start, end, target });
  };
  for (const match of line.matchAll(WEB)) {
    const text = trimmed(match[0]);
    // A scheme or a `www.` alone is no address.
    if (/^(?:https?:\/\/|www\.)[\p{L}\p{N}]/iu.test(text)) take("web", match.index, text, /^www\./i.test(text) ? `https://${text}` : text);
  }
  for (const match of line.matchAll(MAIL)) take("mail", match.index, match[0], match[0]);
  for (const match of line.matchAll(SITE)) {
    const text = trimmed(match[0]);
    take("web", match.index, text, `https://${text}`);
  }
  for (const match of line.matchAll(PHONE)) {
    const text = match[0].trim();
    if (isPhone(text)) take("phone", match.index + match[0].indexOf(text), text, text);
  }
  return all.sort((a, b) => a.start - b.start);
}
