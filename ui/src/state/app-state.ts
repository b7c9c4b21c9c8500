// The whole window as one value. `update.ts` is the only place that makes the next one.

import type {
  Added, Aloud, AnswerBy, AnswerEvent, AppEvent, Attachment, Boot, Chat, ChatSummary, Check, Draft, Estimate, ChatsCopy, Link, Message, Model, OpenDraft, Picture,
  Preparation, Progress, RefusedFile, Sample, Settings, Status, UiError,
} from "../contract";
import type { Call } from "./call";
import type { Page } from "./notes";
import { NO_TEXTS, type TextIntent, type Texts } from "./texts";

/** What an answer that is being made has told last. It begins with nothing told. */
export type Phase = { kind: "sending" } | Progress;

/** An answer in the making. `text` is all of it so far; the chat's copy of the message may be older. */
export interface Live {
  chatId: number;
  /** What the model thought before it. */
  thoughts: string;
  text: string;
  /** A short answer about small pictures, until the answer itself begins. */
  firstLook: string;
  /** How many of its sentences are finished. */
  nSentences: number;
  phase: Phase;
  /** The person asked it to stop; it ends at its next step. */
  stopping: boolean;
  /** It stops only to think no further: then it answers. */
  answersNext: boolean;
  then: Then;
}

/** What follows a question that was asked of several pages. */
export type Then = { do: "summary"; text: string } | { do: "aloud" } | null;

/** What lies over the window: never more than one. */
export type Overlay =
  | { at: "none" }
  | { at: "palette" }
  | { at: "shortcuts" }
  | { at: "models" }
  | { at: "settings"; page: SettingsPage }
  | { at: "link"; link: Link; from: LinkFrom }
  | { at: "phone"; number: string }
  | { at: "modelView"; attachment: Attachment }
  | { at: "trust" }
  | { at: "rename"; chatId: number; title: string }
  | { at: "confirm"; ask: Confirmation }
  /** A document waits for its password. `error` says why it was not the right one. */
  | { at: "unlock"; id: string; name: string; isBusy: boolean; error: UiError | null };

/** Where an address stands that may be opened. */
export type LinkFrom = "answer" | "picture" | "release";

export type SettingsPage = "look" | "answers" | "speech" | "anywhere" | "machine" | "connections" | "keys" | "data" | "about";

export type Confirmation =
  | { about: "removeModel"; id: string; name: string; bytes: number }
  | { about: "cancelFetch"; id: string; name: string; bytes: number }
  | { about: "textModel"; name: string }
  | { about: "purge" }
  | { about: "forgetTexts" }
  | { about: "restoreCopy"; copy: ChatsCopy };

/** Shown until it is dismissed; an undo goes away by itself when something else is deleted. */
export type Notice =
  | { key: string; kind: "error"; error: UiError; retry: Intent | null }
  | { key: string; kind: "faults"; faults: RefusedFile[] }
  | { key: string; kind: "undoDelete"; chatId: number; title: string }
  | { key: string; kind: "done"; what: Done };

export type Done =
  | { at: "exported"; path: string }
  | { at: "imported"; n: number }
  | { at: "copied" }
  | { at: "purged"; n: number }
  | { at: "verified"; name: string }
  | { at: "restored" }
  | { at: "forgotten" };

export type FileDrag = { at: "none" } | { at: "over" } | { at: "adding"; nFiles: number };

/** What the composer makes: a question, or another wording of one that was asked. */
export type Composing = { at: "new" } | { at: "edit"; question: number; draftBefore: Draft };

export interface AppState {
  version: string;
  /** Who is asked for the newest version, if the person wants to know. */
  releasesHost: string | null;
  platform: Boot["platform"];
  locale: string;
  samples: Sample[];
  settings: Settings;
  status: Status;
  models: Model[];

  chats: ChatSummary[];
  chatsEnd: boolean;
  search: string;
  /** Copies of the chats; null until they are asked for. */
  copies: ChatsCopy[] | null;

  /** Null for a chat that begins with the first question. */
  chat: Chat | null;
  opening: number | null;
  live: Partial<Record<number, Live>>;
  /** A question on its way, before the backend has given it an id. */
  sending: { ask: { text: string; pictures: Attachment[] }; chatId: number | null; then: Then } | null;

  draft: Draft;
  composing: Composing;
  /** Every picture that the chat or the draft refers to. */
  files: Partial<Record<string, Picture>>;
  /** Which numbered picture is on the stage, from 0. */
  onStage: number;
  estimate: Estimate | null;
  preparation: Preparation;

  aloud: Aloud;
  /** Checks of answers of this window, by answer. */
  checks: Partial<Record<number, Check>>;
  texts: Texts;
  /** How many documents were unlocked: what could not be shown before is tried again. */
  unlocks: number;

  overlay: Overlay;
  notices: Notice[];
  drag: FileDrag;
  fullScreen: boolean;
  closing: boolean;
  /** Chats drawer when the window is too narrow for a column of them. */
  drawer: boolean;
  /** What a screen reader should hear, the last at the end. Two things may come in one moment, and the same one twice. */
  said: { turn: number; what: Said }[];
}

/** A phase that may take minutes before the first word. */
export type LongPhase = Extract<Progress["kind"], "loading" | "encode" | "prefill">;

export type Said =
  | { at: "looking" } | { at: "answering" } | { at: "answered"; nSentences: number } | { at: "stopped" } | { at: "failed" }
  | { at: "part"; of: LongPhase; share: number } | { at: "sentence"; text: string } | { at: "checked"; nDoubts: number } | { at: "claims"; nFound: number; nAll: number; missing: string[] } | { at: "paused" } | { at: "added"; n: number } | ({ at: "page" } & Page) | { at: "pagesChosen"; n: number } | { at: "deleted" } | { at: "restored" } | { at: "copied" } | { at: "saved" } | { at: "private" };

export type Intent =
  // what the backend tells
  | { is: "event"; event: AppEvent }
  /** A phase has gone on for long. */
  | { is: "longPhase"; of: LongPhase; share: number }
  | { is: "answerEvent"; event: AnswerEvent; answerId: number | null }
  | { is: "askFailed"; error: UiError; draft: Draft; composing: Composing }
  | { is: "failed"; error: UiError; retry: Intent | null }
  | { is: "chatsListed"; search: string; offset: number; chats: ChatSummary[] }
  | { is: "chatOpened"; chat: Chat; draft: OpenDraft | null }
  | { is: "chatFailed"; id: number; error: UiError }
  | { is: "draftRead"; draft: OpenDraft }
  | { is: "estimated"; estimate: Estimate }
  | { is: "added"; added: Added }
  | { is: "pastedText"; text: string }
  /** A page of the file of a picture is shown as a picture of its own. */
  | { is: "pageChosen"; of: string; picture: Picture }
  /** These pages of the document that a picture is of, and no others, are for the next question. */
  | { is: "pagesChosen"; of: string; pictures: Picture[] }
  /** The same, and the question is asked of them at once. */
  | { is: "askPages"; of: string; pictures: Picture[]; text: string; by: AnswerBy; then: Then }
  | { is: "unlocked"; picture: Picture }
  | { is: "unlockFailed"; id: string; error: UiError }
  | { is: "modelsListed"; models: Model[] }
  | { is: "copiesListed"; copies: ChatsCopy[] }
  | { is: "privateBegun"; chat: Chat }
  | { is: "settingsKept"; settings: Settings }
  | { is: "linkChecked"; link: Link; from: LinkFrom }
  | { is: "did"; what: Done }
  // what the person wants: a command for what it does
  | ({ is: "call" } & Call)
  // the draft
  | { is: "type"; text: string }
  | { is: "addSample"; sample: Sample }
  | { is: "removePicture"; index: number }
  | { is: "setRegion"; number: number; region: Attachment["region"] }
  | { is: "turn"; number: number; by: 1 | -1 }
  | { is: "choosePage"; number: number; page: number }
  /** Chooses several pages of the document on the stage. */
  | { is: "choosePages"; pages: number[] }
  /** Shows a page of the document on the stage that is chosen already. */
  | { is: "showPage"; page: number }
  /** Asks about each page by itself: about those that are chosen, if they are several, else about all. */
  | { is: "eachPage"; text: string; then: Then }
  /** Reads the text of the page that is shown, and of all behind it, aloud. */
  | { is: "readFromPage"; text: string }
  /** Asks for a summary of what was said page by page. */
  | { is: "summarisePages"; text: string }
  /** Leaves the first pictures of a question that does not fit. */
  | { is: "firstPictures"; n: number }
  | { is: "unlock"; id: string; password: string }
  | { is: "setDetail"; maxSide: number | null }
  | { is: "stage"; number: number }
  // asking
  | { is: "send" }
  | { is: "quick"; text: string; by: AnswerBy }
  | { is: "stop"; answerId: number }
  | { is: "again"; answer: number }
  | { is: "goOn"; answer: number }
  /** Has an answer that still thinks, or ended so, think no further. */
  | { is: "answerNow"; answer: number }
  | { is: "check"; answer: number }
  | { is: "edit"; question: number }
  | { is: "cancelEdit" }
  | { is: "branch"; message: number }
  // chats
  | { is: "newChat" }
  | { is: "newPrivateChat" }
  /** Opens a chat; where it was found by words in a picture of it, they are looked for in that picture. */
  | { is: "openChat"; id: number; foundBy?: Texts["foundBy"] }
  | { is: "search"; text: string }
  | { is: "moreChats" }
  | { is: "rename"; id: number; title: string }
  | { is: "pin"; id: number; pinned: boolean }
  | { is: "delete"; id: number }
  | { is: "undoDelete"; id: number }
  | { is: "purge" }
  | { is: "forgetTexts" }
  | { is: "restoreCopy"; name: string }
  // models
  | { is: "chooseModel"; id: string }
  | { is: "addTextModel" }
  | { is: "cancelFetch"; id: string }
  | { is: "removeModel"; id: string }
  // the window
  | { is: "set"; settings: Partial<Settings> }
  | { is: "show"; overlay: Overlay }
  | { is: "close" }
  | { is: "drawer"; open: boolean }
  | { is: "dismiss"; key: string }
  | { is: "openLink"; address: string }
  | { is: "checkLinkFrom"; from: LinkFrom; address: string }
  | TextIntent
  | { is: "fullScreen" };

export function start(boot: Boot): AppState {
  return {
    version: boot.version,
    releasesHost: boot.releasesHost,
    platform: boot.platform,
    locale: boot.locale,
    samples: boot.samples,
    settings: boot.settings,
    status: boot.status,
    models: boot.models,
    chats: boot.chats,
    chatsEnd: boot.chats.length < CHATS_A_PAGE,
    search: "",
    copies: null,
    chat: null,
    opening: null,
    live: {},
    sending: null,
    draft: { text: "", pictures: [] },
    composing: { at: "new" },
    files: {},
    onStage: 0,
    estimate: null,
    preparation: { at: "idle" },
    aloud: { at: "silent" },
    checks: {},
    texts: NO_TEXTS,
    unlocks: 0,
    overlay: { at: "none" },
    notices: [],
    drag: { at: "none" },
    fullScreen: false,
    closing: false,
    drawer: false,
    said: [],
  };
}

export const CHATS_A_PAGE = 100;

/** A picture with its number in the chat, and where it comes from. */
export interface Numbered {
  attachment: Attachment;
  picture: Picture | null;
  /** Index into the draft, or null for one that was already asked about. */
  draftIndex: number | null;
}

function same(a: Attachment, b: Attachment): boolean {
  return a.picture === b.picture && a.turn === b.turn && JSON.stringify(a.region) === JSON.stringify(b.region);
}

/** Every picture of the chat and then of the draft, each once, in the order that numbers them. */
export function numbered(state: Pick<AppState, "chat" | "sending" | "composing" | "files"> & { draft: Pick<Draft, "pictures"> }): Numbered[] {
  const all: Numbered[] = [];
  const inChat = state.composing.at === "edit" ? beforeQuestion(state, state.composing.question) : messages(state);
  for (const message of inChat) {
    for (const attachment of message.pictures) {
      if (all.some((one) => same(one.attachment, attachment))) continue;
      all.push({ attachment, picture: state.files[attachment.picture] ?? null, draftIndex: null });
    }
  }
  if (state.sending && state.sending.chatId === (state.chat?.id ?? null)) {
    for (const attachment of state.sending.ask.pictures) {
      if (all.some((one) => same(one.attachment, attachment))) continue;
      all.push({ attachment, picture: state.files[attachment.picture] ?? null, draftIndex: null });
    }
  }
  state.draft.pictures.forEach((attachment, draftIndex) => {
    all.push({ attachment, picture: state.files[attachment.picture] ?? null, draftIndex });
  });
  return all;
}

function beforeQuestion(state: Pick<AppState, "chat">, question: number): Message[] {
  const all = messages(state);
  const at = all.findIndex((message) => message.id === question);
  return at < 0 ? all : all.slice(0, at);
}

export function messages(state: Pick<AppState, "chat">): Message[] {
  return state.chat?.messages ?? [];
}

/** The number, from 1, that a picture of a message has. */
export function numberOf(all: Numbered[], attachment: Attachment): number {
  return all.findIndex((one) => same(one.attachment, attachment)) + 1;
}

/** Whether the open chat is on no disk and goes when it is left. */
export function isPrivate(state: Pick<AppState, "chat">): boolean {
  return state.chat?.isPrivate === true;
}

export function leafOf(state: AppState): number | null {
  return state.chat?.messages.at(-1)?.id ?? null;
}

/** The answer of the open chat that is being made, if one is. */
export function liveHere(state: AppState): { answerId: number; live: Live } | null {
  if (state.chat === null) return null;
  for (const [id, live] of Object.entries(state.live)) {
    if (live && live.chatId === state.chat.id) return { answerId: Number(id), live };
  }
  return null;
}

export function isSendingHere(state: AppState): boolean {
  return state.sending !== null && state.sending.chatId === (state.chat?.id ?? null);
}

export function canSend(state: AppState): boolean {
  return state.draft.text.trim() !== "" && liveHere(state) === null && !isSendingHere(state);
}

export function lastAnswer(state: AppState): Message | null {
  return messages(state).findLast((message) => message.role === "model") ?? null;
}

export function lastQuestion(state: AppState): Message | null {
  return messages(state).findLast((message) => message.role === "person") ?? null;
}

/** The size that region and turn leave of a picture. */
export function shownSize(attachment: Attachment, picture: Picture): { width: number; height: number } {
  const { width, height } = attachment.region ?? picture;
  return attachment.turn % 2 === 0 ? { width, height } : { width: height, height: width };
}

/** Whether a model that people fetch or add is here, and not only the one inside the program. */
export function hasRealModel(state: Pick<AppState, "models">): boolean {
  return state.models.some((model) => model.state.at === "installed" || model.state.at === "remote");
}

/** The host that pictures go to while a server is chosen; null: they stay here. */
export function picturesGoTo(state: Pick<AppState, "models" | "status">): string | null {
  const chosen = state.models.find((model) => model.chosen);
  return state.status.model?.picturesGoTo ?? (chosen?.state.at === "remote" ? chosen.state.host : null);
}

/** Whether nothing is asked and nothing attached: then the whole window is one drop target. */
export function isEmpty(state: AppState): boolean {
  return messages(state).length === 0 && state.draft.pictures.length === 0 && !isSendingHere(state) && state.opening === null;
}
