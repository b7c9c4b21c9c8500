// What crosses the IPC edge, in the window's words. `backend/tauri.ts` holds these against the generated bindings:
// a difference does not compile. Units come last: bytes, seconds (S), milliseconds since 1970 (Ms), pixels.

import type { Faults } from "../i18n/faults.en";

export type ErrorCode =
  | "picture" // this picture cannot be used
  | "contextFull" // too many tokens
  | "model" // the model cannot be loaded
  | "notFound" // chat, message or picture is gone
  | "storage" // nothing was saved
  | "unavailable" // this build or machine does not do it
  | "engine" // failed while answering
  | "other";

export interface UiError {
  code: ErrorCode;
  /** In English, for an error that has no words in the page. */
  message: string;
  hint: string;
  /** Its words in the catalogues, under `faults`. */
  id?: keyof Faults | "other";
  /** What fills their gaps; bytes end in `Bytes`. */
  with?: Record<string, string | number>;
}

export interface Sample {
  name: string;
  question: string;
}

export interface Boot {
  version: string;
  platform: "linux" | "macos" | "windows";
  locale: string;
  settings: Settings;
  status: Status;
  chats: ChatSummary[];
  models: Model[];
  samples: Sample[];
}

export type AppEvent =
  | { kind: "status"; status: Status }
  | { kind: "models"; models: Model[] }
  | { kind: "fetch"; id: string; state: ModelState }
  | { kind: "chats" }
  | { kind: "open"; chatId: number }
  | { kind: "dragOver"; x: number; y: number }
  | { kind: "dragLeft" }
  | { kind: "adding"; nFiles: number }
  | { kind: "added"; from: "drop" | "open"; added: Added }
  | { kind: "action"; action: string }
  | { kind: "preparation"; preparation: Preparation }
  | { kind: "aloud"; aloud: Aloud }
  | { kind: "sentence"; answerId: number | null; text: string }
  | { kind: "check"; answerId: number; check: Check }
  | { kind: "closing" };

/** What is read aloud; `shown`: the sentence without markup. */
export type Aloud =
  | { at: "silent" }
  | { at: "speaking"; answerId: number; index: number; shown: string; isPaused: boolean }
  | { at: "failed"; error: UiError };

export type AloudDo = "pause" | "resume" | "stop" | "next" | "previous";

/** A voice that can be chosen; `language`: ISO 639-1. */
export interface Voice {
  name: string;
  language: string;
}

/** How far the check of an answer is: the question is answered again, and what varies is uncertain. */
export type Check =
  | { at: "running"; nDone: number; nSamples: number }
  | { at: "done"; sentences: Checked[] }
  | { at: "stopped" }
  | { at: "failed"; error: UiError };

export interface Checked {
  shown: string;
  uncertain: boolean;
  nAgree: number;
  nSamples: number;
  instead: string[];
}

export interface Status {
  state: EngineState;
  model: LoadedModel | null;
  nQueued: number;
}

export type EngineState =
  | { at: "noModel" }
  | { at: "fetching"; doneBytes: number; totalBytes: number }
  | { at: "loading"; name: string; doneBytes: number; totalBytes: number }
  | { at: "ready" }
  | { at: "answering"; answerId: number }
  | { at: "failed"; error: UiError };

export interface LoadedModel {
  id: string;
  name: string;
  builtIn: boolean;
  readsPictures: boolean;
  device: string;
  deviceNotes: string[];
  kernels: string;
  context: number;
  weightsBytes: number;
  cacheBytes: number;
  loadS: number;
  maxSide: number;
  minSide: number;
  unit: number;
  speed: Speed | null;
}

/** Measured on this machine; `pictureS`: seconds to look at the largest picture. */
export interface Speed {
  pictureS: number | null;
  prefillTokensPerS: number | null;
  decodeTokensPerS: number | null;
}

export interface Memory {
  model: { name: string; weightsBytes: number; cacheBytes: number } | null;
  processBytes: number | null;
  peakBytes: number | null;
  totalBytes: number | null;
  availableBytes: number | null;
}

export interface Network {
  supported: boolean;
  sockets: { protocol: string; local: string; remote: string; state: string }[];
  nDownloads: number;
}

export interface Model {
  id: string;
  name: string;
  inUse: boolean;
  chosen: boolean;
  licence: string | null;
  about: string;
  diskBytes: number;
  memoryBytes: number | null;
  fits: "yes" | "tight" | "no" | "unknown";
  pictureS: number | null;
  state: ModelState;
}

export type ModelState =
  | { at: "builtIn" }
  | { at: "installed"; path: string; madeHere: boolean }
  | { at: "broken"; path: string; reason: string }
  | { at: "offered" }
  | {
      at: "fetching";
      phase: "downloading" | "verifying";
      doneBytes: number;
      totalBytes: number;
      bytesPerS: number;
      leftS: number | null;
      trouble: string | null;
    }
  | { at: "paused"; doneBytes: number; totalBytes: number }
  | { at: "stopped"; error: UiError; doneBytes: number; totalBytes: number };

/** A picture as it lies in the store; `width` and `height` are upright pixels. */
export interface Picture {
  id: string;
  name: string;
  width: number;
  height: number;
  format: string;
  bytes: number;
  isAnimation: boolean;
}

export interface Fault {
  name: string;
  error: UiError;
}

export interface Added {
  pictures: Picture[];
  faults: Fault[];
}

export type Pasted = { kind: "pictures"; added: Added } | { kind: "text"; text: string } | { kind: "nothing" };

/** In upright pixels of the original, before it is turned. */
export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** A picture as it is asked about. `turn`: quarter turns clockwise; `maxSide` null: full detail. */
export interface Attachment {
  picture: string;
  name: string;
  region: Region | null;
  turn: number;
  maxSide: number | null;
}

export interface PictureEstimate {
  tokens: number;
  rows: number;
  cols: number;
  seenWidth: number;
  seenHeight: number;
  kvBytes: number;
  waitS: number | null;
}

export interface Estimate {
  pictures: PictureEstimate[];
  tokens: number;
  waitS: number | null;
  chatTokens: number;
  context: number;
}

export type Preparation =
  | { at: "idle" }
  | { at: "looking"; done: number; total: number }
  | { at: "reading"; doneTokens: number; totalTokens: number }
  | { at: "ready" };

export type Ask =
  | { kind: "new"; chatId: number | null; leaf: number | null; text: string; pictures: Attachment[] }
  | { kind: "again"; answer: number }
  | { kind: "edit"; question: number; text: string; pictures: Attachment[] }
  | { kind: "continue"; answer: number };

export type AnswerEvent =
  | { kind: "started"; chat: Chat; answerId: number }
  | { kind: "queued"; nBefore: number }
  | { kind: "loading"; doneBytes: number; totalBytes: number }
  | { kind: "encoding"; picture: number; nPictures: number; done: number; total: number }
  | { kind: "reading"; doneTokens: number; totalTokens: number; cachedTokens: number }
  | { kind: "text"; piece: string; nTokens: number; tokensPerS: number }
  | { kind: "ended"; message: Message };

export interface Message {
  id: number;
  parent: number | null;
  role: "person" | "model";
  text: string;
  /** ISO 639-1, where the text tells. */
  language: string | null;
  pictures: Attachment[];
  createdMs: number;
  siblings: number[];
  end: End | null;
  modelName: string | null;
  took: Took | null;
}

export type End =
  | { at: "whole" }
  | { at: "length" }
  | { at: "contextFull" }
  | { at: "stopped" }
  | { at: "cut" }
  | { at: "failed"; error: UiError };

export interface Took {
  encodeS: number;
  prefillS: number;
  decodeS: number;
  firstTokenS: number;
  readTokens: number;
  cachedTokens: number;
  answerTokens: number;
  tokensPerS: number;
}

export interface Chat {
  id: number;
  title: string;
  pinned: boolean;
  createdMs: number;
  messages: Message[];
  pictures: Picture[];
}

export interface ChatSummary {
  id: number;
  title: string;
  pinned: boolean;
  updatedMs: number;
  thumb: string | null;
  nPictures: number;
  answering: boolean;
  snippet: string | null;
}

export interface Draft {
  text: string;
  pictures: Attachment[];
}

export type Errand = "screen" | "window" | "region" | "text" | "clipboard" | "again" | "silence";
export type Purpose = "brief" | "detailed" | "text" | "alt" | "form" | "chart";

export interface Wish {
  errand: Errand;
  /** Empty: none. */
  keys: string;
  usualKeys: string;
  purpose: string | null;
  /** Why its keys could not be had. */
  fault: string | null;
}

export type PanelEvent =
  | { kind: "begun"; errand: Errand; settings: Settings }
  | { kind: "answer"; event: AnswerEvent }
  | { kind: "failed"; error: UiError };

export type Theme = "system" | "light" | "dark" | "contrast";
export type LanguageChoice = "system" | "en" | "fr";

export interface Settings {
  model: string | null;
  device: "auto" | "cpu" | "cuda" | "metal";
  threads: number | null;
  context: number;
  maxTokens: number;
  temperature: number;
  topK: number | null;
  topP: number;
  minP: number;
  seed: number | null;
  instructions: string;
  maxSide: number | null;
  prepareWhileTyping: boolean;
  readAloud: boolean;
  speechRate: number;
  speechPitch: number;
  speechVolume: number;
  voice: string | null;
  theme: Theme;
  textPercent: number;
  language: LanguageChoice;
  anywhere: boolean;
  anywhereKeys: Record<string, string>;
  anywherePurposes: Record<string, string>;
  regionSide: number;
  keys: Record<string, string>;
  split: number;
  showChats: boolean;
  keepInTray: boolean;
}

export interface Folders {
  data: string;
  config: string;
  models: string;
}

export interface Link {
  address: string;
  opens: boolean;
  refused: "tooLong" | "hidden" | "noAddress" | "noHost" | "credentials" | "attachment" | "scheme" | null;
}

export interface Menu {
  label: string;
  items: MenuItem[];
}

export type MenuItem =
  | { kind: "action"; action: string; label: string; keys: string | null; enabled: boolean }
  | { kind: "separator" }
  | { kind: "edit"; edit: "undo" | "redo" | "cut" | "copy" | "paste" | "selectAll"; label: string };

/** For the end of a `switch` over a union: a new member does not compile until it is thought through. */
export function assertNever(value: never): never {
  throw new Error(`not thought of: ${JSON.stringify(value)}`);
}
