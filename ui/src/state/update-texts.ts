// The text of pictures: which is needed now, what is looked for in it, which lines an answer means or speech has come to.

import type { Aloud, PictureText } from "../contract";
import { messages, numbered, type AppState } from "./app-state";
import { assertNever } from "./assert-never";
import { lettersOf, placesAt, turnIn, type Turn } from "./letters";
import { shownPage } from "./pages";
import { laid, unitsOf, type LaidText, type Span } from "./picture-text";
import { saying } from "./telling";
import type { Heard, TextEffect, TextIntent, Texts } from "./texts";

export function updateTexts(state: AppState, intent: TextIntent): AppState {
  const set = (change: Partial<Texts>): AppState => ({ ...state, texts: { ...state.texts, ...change } });
  switch (intent.is) {
    case "textRead":
      // Another picture is shown by now.
      if (!state.texts.of[intent.picture]) return state;
      return withHeard(set({ of: { ...state.texts.of, [intent.picture]: { at: "read", read: intent.text, laid: laid(intent.text) } } }));
    case "textFailed": {
      const { [intent.picture]: known, ...others } = state.texts.of;
      if (!known) return state;
      // The picture is gone, or reading is not switched on yet: with the settings that are kept then it is asked for again.
      return set({ of: intent.error.code === "notFound" ? others : { ...others, [intent.picture]: { at: "failed", error: intent.error } } });
    }
    case "claimsFound": {
      const next = set({ claims: { ...state.texts.claims, [intent.answer]: intent.claims } });
      if (intent.claims.length === 0) return next;
      const missing = intent.claims.filter((claim) => claim.places.length === 0).map((claim) => claim.text);
      return saying(next, { at: "claims", nFound: intent.claims.length - missing.length, nAll: intent.claims.length, missing });
    }
    case "showText":
      return set({ shown: !state.texts.shown, find: null, pointed: null });
    case "find":
      return set({ find: { text: intent.text, each: false, turn: 0 }, shown: true, pointed: null });
    case "findOn":
      return state.texts.find ? set({ find: { ...state.texts.find, turn: state.texts.find.turn + intent.by } }) : state;
    case "findClose":
      return set({ find: null });
    case "pointAt": {
      const number = numberWith(state, intent.picture);
      if (number < 0) return state;
      return { ...set({ pointed: { picture: intent.picture, lines: intent.lines }, shown: true }), onStage: number };
    }
    case "pointAway":
      return state.texts.pointed ? set({ pointed: null }) : state;
    default:
      return assertNever(intent);
  }
}

/** Shows the picture that a chat was found by, with the words. */
export function showFound(state: AppState, foundBy: Texts["foundBy"]): AppState {
  const number = foundBy ? numberWith(state, foundBy.picture) : -1;
  if (!foundBy || number < 0) return state;
  return { ...state, onStage: number, texts: { ...state.texts, find: { text: foundBy.text, each: true, turn: 0 }, shown: true } };
}

/** The number of a picture, from 0: the one on the stage if that is it, else the first; -1: none. */
export function numberWith(state: AppState, picture: string): number {
  const all = numbered(state);
  if (all[state.onStage]?.attachment.picture === picture) return state.onStage;
  return all.findIndex((one) => one.attachment.picture === picture);
}

/** The text of the picture on the stage, when it was read. */
export function textOnStage(state: AppState): { picture: string; read: PictureText; laid: LaidText } | null {
  const picture = numbered(state)[state.onStage]?.attachment.picture;
  const text = picture === undefined ? undefined : state.texts.of[picture];
  return picture !== undefined && text?.at === "read" ? { picture, read: text.read, laid: text.laid } : null;
}

export function hasText(state: AppState): boolean {
  return (textOnStage(state)?.read.lines.length ?? 0) > 0;
}

/** The pictures of an exact answer: those of its question, or else of the question before. */
export function picturesOf(state: Pick<AppState, "chat">, answerId: number): string[] {
  const all = messages(state);
  const at = all.findIndex((message) => message.id === answerId);
  if (at < 0) return [];
  const question = all.slice(0, at).findLast((message) => message.pictures.length > 0);
  return [...new Set(question?.pictures.map((one) => one.picture) ?? [])];
}

/** The exact answer that is read aloud, if one is. */
function exactAloud(state: AppState): number | null {
  const { aloud } = state;
  if (aloud.at !== "speaking") return null;
  const answer = messages(state).find((message) => message.id === aloud.answerId);
  return answer?.by === "reader" ? answer.id : null;
}

/** Of so many pictures that are read aloud, the texts of all are at hand. */
const MOST_HEARD = 8;

function needed(state: AppState): string[] {
  if (!state.settings.readText) return [];
  const staged = numbered(state)[state.onStage];
  const aloud = exactAloud(state);
  const heard = aloud === null ? [] : picturesOf(state, aloud);
  // Of a long document the page on the stage is enough: it is turned to when its heading is spoken.
  const all = [...(staged?.picture ? [staged.attachment.picture] : []), ...(heard.length > MOST_HEARD ? [] : heard)];
  return [...new Set(all)];
}

/** Whether which texts are needed can have changed; looked at after each letter that is typed and each word that comes. */
function mayDiffer(a: AppState, b: AppState): boolean {
  return (
    a.chat !== b.chat || a.sending !== b.sending || a.composing !== b.composing || a.files !== b.files || a.onStage !== b.onStage ||
    a.draft.pictures !== b.draft.pictures || a.aloud !== b.aloud || a.settings !== b.settings
  );
}

/** Asks for the texts that are needed from now on, and drops those that are not. */
export function keepTexts(before: AppState, now: AppState): [AppState, TextEffect[]] {
  if (before === now || !mayDiffer(before, now)) return [now, []];
  const state = withoutOld(before, now);
  const wanted = needed(state);
  const known = state.texts.of;
  const missing = wanted.filter((picture) => !known[picture]);
  const heard = exactAloud(state) === null ? null : state.texts.heard;
  const isSame = missing.length === 0 && Object.keys(known).length === wanted.length && heard === state.texts.heard;
  if (isSame) return [state, []];
  const of = Object.fromEntries(wanted.map((picture) => [picture, known[picture] ?? { at: "reading" as const }]));
  return [{ ...state, texts: { ...state.texts, of, heard } }, missing.map((picture) => ({ do: "readText", picture }))];
}

/** What is looked for stays with its chat, and what is pointed at with its picture. */
function withoutOld(before: AppState, state: AppState): AppState {
  const { find, pointed } = state.texts;
  const isOtherChat = before.chat?.id !== state.chat?.id && before.chat !== null;
  const keepsFind = !isOtherChat || find !== before.texts.find;
  const keepsPointed = (!isOtherChat && before.onStage === state.onStage) || pointed !== before.texts.pointed;
  if (keepsFind && keepsPointed) return state;
  return { ...state, texts: { ...state.texts, find: keepsFind ? find : null, pointed: keepsPointed ? pointed : null } };
}

/** The page that a heading of an answer names, as the backend writes it. */
const HEADING = /^(?:(.*), )?Page (\d+) (?:of|sur) \d+[.]?$/u;

/** Brings the page on the stage whose heading is spoken. */
function turnedTo(state: AppState): AppState {
  const { aloud } = state;
  const [, name, page] = (aloud.at === "speaking" && HEADING.exec(aloud.shown.trim())) || [];
  const answer = aloud.at === "speaking" ? messages(state).find((message) => message.id === aloud.answerId) : undefined;
  if (page === undefined || !answer || (answer.by !== "reader" && answer.by !== "pages")) return state;
  const all = messages(state);
  const question = all.slice(0, all.indexOf(answer)).findLast((message) => message.pictures.length > 0);
  const turned = question?.pictures.find((one) => shownPage(state, one) === Number(page) && (name === undefined || name === one.name));
  const number = turned ? numberWith(state, turned.picture) : -1;
  return number < 0 ? state : { ...state, onStage: number };
}

/** Follows speech through the pictures: another picture comes on the stage when its part is spoken. */
export function withHeard(before: AppState): AppState {
  const state = turnedTo(before);
  const answerId = exactAloud(state);
  const { aloud } = state;
  if (answerId === null || aloud.at !== "speaking") return state;
  const last = state.texts.heard?.answerId === answerId ? state.texts.heard : null;
  if (last?.index === aloud.index) return state;
  const pictures = picturesOf(state, answerId).flatMap((picture) => {
    const text = state.texts.of[picture];
    return text?.at === "read" && text.laid.text !== "" ? [{ picture, laid: text.laid }] : [];
  });
  const answer = state.live[answerId]?.text ?? messages(state).find((message) => message.id === answerId)?.text ?? "";
  const place = placeOf(answer, aloud, pictures.map((one) => one.laid.text), last?.turn ?? null);
  const on = place && pictures[place.text];
  if (!place || !on) return state;
  const heard: Heard = { answerId, index: aloud.index, turn: place.turn, picture: on.picture, part: place.part };
  const number = numberWith(state, on.picture);
  return { ...state, texts: { ...state.texts, heard }, onStage: number < 0 ? state.onStage : number };
}

interface TextPlace {
  /** Which of the texts. */
  text: number;
  part: Span;
  turn: Turn | null;
}

/** Where a sentence of an exact answer stands in the texts that the answer is made of. */
function placeOf(answer: string, aloud: Extract<Aloud, { at: "speaking" }>, texts: readonly string[], before: Turn | null): TextPlace | null {
  const [start = 0, end = 0] = unitsOf(answer, [aloud.source.start, aloud.source.end]);
  let from = 0;
  let isWhole = true;
  for (const [text, content] of texts.entries()) {
    const at = answer.indexOf(content, from);
    if (at < 0) {
      isWhole = false;
      continue;
    }
    if (at <= start && end <= at + content.length) return { text, part: { start: start - at, end: end - at }, turn: null };
    from = at + content.length;
  }
  // A name or a note; or, where a part of a picture was read by itself, the same words in all of its text.
  if (isWhole) return null;
  const letters = lettersOf(texts);
  const turn = turnIn(letters.row, aloud.shown, aloud.index, before);
  const [first, last] = (turn && placesAt(letters, turn)) ?? [];
  return first && last && first.text === last.text ? { text: first.text, part: { start: first.at, end: last.at }, turn } : null;
}
