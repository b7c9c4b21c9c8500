// The text of pictures, as the window knows it.

import type { OldPictures, PictureText, PlacedClaim, UiError } from "../contract";
import type { Turn } from "./letters";
import type { LaidText, Span } from "./picture-text";
import type { Wanted } from "./text-find";

/** The text of a picture, as far as it is known. */
export type TextOf = { at: "reading" } | { at: "read"; read: PictureText; laid: LaidText } | { at: "failed"; error: UiError };

/** Words that are looked for in the picture on the stage. `turn` counts how often the person went on; it may be negative. */
export interface Find extends Wanted {
  turn: number;
}

/** Lines of a picture that an answer means. */
export interface Pointed {
  picture: string;
  lines: readonly number[];
}

/** The sentence of an exact answer that is spoken, and where it stands in a picture. */
export interface Heard {
  answerId: number;
  index: number;
  /** Where it was found by its letters; null where its place in the answer's text said it. */
  turn: Turn | null;
  picture: string;
  part: Span;
}

export interface Texts {
  /** Those of the picture on the stage, and of the pictures of an answer that is read aloud. Others are dropped. */
  of: Partial<Record<string, TextOf>>;
  /** The person wants the text on the picture. */
  shown: boolean;
  find: Find | null;
  pointed: Pointed | null;
  heard: Heard | null;
  /** What answers claim, by answer, where they were checked. */
  claims: Partial<Record<number, PlacedClaim[]>>;
  /** What the chat that is being opened was found by. */
  foundBy: { picture: string; text: string } | null;
  /** How far the text in pictures of old chats is read, while it is. */
  old: OldPictures | null;
}

export const NO_TEXTS: Texts = { of: {}, shown: true, find: null, pointed: null, heard: null, claims: {}, foundBy: null, old: null };

export type TextIntent =
  | { is: "textRead"; picture: string; text: PictureText }
  | { is: "textFailed"; picture: string; error: UiError }
  | { is: "claimsFound"; answer: number; claims: PlacedClaim[] }
  /** Shows or hides the text on the picture. */
  | { is: "showText" }
  | { is: "find"; text: string }
  | { is: "findOn"; by: 1 | -1 }
  | { is: "findClose" }
  | { is: "pointAt"; picture: string; lines: readonly number[] }
  | { is: "pointAway" };

export type TextEffect = { do: "readText"; picture: string } | { do: "findClaims"; answer: number };
