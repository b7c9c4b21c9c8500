// What a person should know about the text of a picture: what could not be read, and why.

import type { PictureText, UnreadableReason } from "../contract";
import type { Words } from "../i18n/en";
import type { Format } from "./format";

const reasons: readonly UnreadableReason[] = ["unknownLetters", "tooSmall", "blurred", "unclear", "doubtful"];

/** A sentence for each reason that there is, with the number of places. */
export function unreadNotes({ unreadable, shrunk }: PictureText, words: Words["text"], format: Format): string[] {
  const notes = reasons.flatMap((reason) => {
    const n = unreadable.filter((one) => one.reason === reason).length;
    return n > 0 ? [words.unread[reason](words.places(n, format.count(n)))] : [];
  });
  return shrunk ? [...notes, words.shrunk(format.count(shrunk.times))] : notes;
}
