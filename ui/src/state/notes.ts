// What a person should know about how a picture is shown, in their language.

import type { Note } from "../contract";
import type { Words } from "../i18n/en";
import { assertNever } from "./assert-never";
import type { Format } from "./format";

export function noteText(note: Note, words: Words["notes"], format: Format): string {
  const share = (percent: number): string => format.percent(percent / 100);
  switch (note.note) {
    case "page":
      return words.page(format.count(note.shown), format.count(note.of));
    case "frame":
      return words.frame(format.count(note.shown), format.count(note.of));
    case "preview":
      return words.preview(note.kind);
    case "incomplete":
      return note.side ? words.missingSide[note.side](share(note.percent)) : words.missing(share(note.percent));
    case "coarse":
      return words.coarse(share(note.percent));
    case "undrawn":
    case "cutOff":
    case "onDark":
    case "clear":
    case "opaqueAlpha":
      return words[note.note];
    case "fewBits":
      return words.fewBits(format.count(note.used), format.count(note.of));
    case "shrunk":
      return words.shrunk(format.count(note.times));
    case "parts":
      return words.parts(format.count(note.n), format.count(note.nTokens));
    default:
      return assertNever(note);
  }
}

/** The page or frame that is shown, of a file that has several. */
export interface Page {
  shown: number;
  of: number;
  isFrame: boolean;
}

/** Which page the notes of a picture name; null where its file has one. */
export function pageOf(notes: Note[]): Page | null {
  for (const note of notes) {
    if (note.note === "page" || note.note === "frame") return { shown: note.shown, of: note.of, isFrame: note.note === "frame" };
  }
  return null;
}
