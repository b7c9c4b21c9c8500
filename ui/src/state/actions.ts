// Every action once: its name (a key of the catalogues), its keys, its menu, when it can be done, and what it does.
// The palette, the menus, the shortcut sheet, the keyboard and the native menu bar all read this list.

import type { Message } from "../contract";
import { canSend, isPrivate, isSendingHere, lastAnswer, lastQuestion, liveHere, numbered, type Intent, type AppState } from "./app-state";
import { call as intentToCall, type Call, type CallName } from "./call";
import { pageOf } from "./notes";
import { documentOnStage, isLong, neighbour as neighbourPage, wholeOfPart } from "./pages";
import { hasText, textOnStage } from "./update-texts";

export type MenuName = "file" | "edit" | "picture" | "answer" | "view" | "help";

/** Things that a view does with itself: zoom and focus are not state of the window. */
export type StageDo = "zoomIn" | "zoomOut" | "fit" | "region" | "focusQuestion" | "focusAnswer" | "focusSearch" | "focusStage" | "focusText" | "findText" | "goToPage" | "focusPages";

export type Outcome = { intent: Intent } | { stage: StageDo };

export interface Action {
  id: ActionId;
  menu: MenuName;
  keys: string;
  /** The name by which settings keep its keys, where it is an older one. */
  storedAs?: string;
  /** A native accelerator would take the key from text fields or dialogs: these stay with the page. */
  pageKey?: true;
  when(state: AppState): boolean;
  run(state: AppState): Outcome | null;
}

const quick = ["describe", "readText", "summarise", "altText"] as const;
export type Quick = (typeof quick)[number];
/** What the window asks of a person's own accord. */
export type Asked = Quick | "summarisePages";

export type ActionId =
  | "newChat" | "newPrivateChat" | "addPicture" | "paste" | "exportMarkdown" | "exportHtml" | "importChats" | "quit"
  | "editLast" | "rename" | "pin" | "deleteChat" | "search" | "previousChat" | "nextChat"
  | "nextPicture" | "previousPicture" | "nextPage" | "previousPage" | "goToPage" | "focusPages" | "zoomIn" | "zoomOut" | "fit" | "region" | "wholePicture" | "rotateLeft" | "rotateRight" | "removePicture" | "copyPicture" | "copyRegion" | "modelView" | "copyAllText" | "findText" | "focusText" | "showText"
  | "send" | "stop" | "copyAnswer" | "again" | "goOn" | "speech" | "nextSentence" | "previousSentence" | "check" | "eachPage" | "summarisePages" | "readFromPage" | "asPages" | "asWhole" | Quick
  | "palette" | "toggleChats" | "focusQuestion" | "focusAnswer" | "focusStage" | "textLarger" | "textSmaller" | "textReset" | "fullScreen"
  | "models" | "releaseModel" | "loadModel" | "settings" | "trust" | "shortcuts";

const intent = (it: Intent): Outcome => ({ intent: it });
const call = <Name extends CallName>(name: Name, ...args: Call<Name>["args"]): Outcome => intent(intentToCall(name, ...args));
const stage = (it: StageDo): Outcome => ({ stage: it });
const always = (): boolean => true;
/** A private chat is nowhere that it could be named, exported or deleted. */
const hasChat = (state: AppState): boolean => state.chat !== null && !isPrivate(state);
const hasPages = (state: AppState): boolean => documentOnStage(state) !== null;
const hasPicture = (state: AppState): boolean => numbered(state).length > 0;
const isSpeaking = (state: AppState): boolean => state.aloud.at === "speaking";
const isIdle = (state: AppState): boolean => liveHere(state) === null && !isSendingHere(state);

const textSizes = [80, 90, 100, 110, 125, 150, 175, 200];

function textSize(state: AppState, by: 1 | -1): Outcome {
  const now = state.settings.textPercent;
  const next = by > 0 ? textSizes.find((size) => size > now) : textSizes.findLast((size) => size < now);
  return intent({ is: "set", settings: { textPercent: next ?? now } });
}

function neighbour(state: AppState, by: 1 | -1): Outcome | null {
  const at = state.chats.findIndex((chat) => chat.id === state.chat?.id);
  const next = state.chats[at < 0 ? 0 : at + by];
  return next ? intent({ is: "openChat", id: next.id }) : null;
}

function staged(state: AppState) {
  return numbered(state)[state.onStage] ?? null;
}

/** A long picture of the next question, of which no part was cut out. */
function isLongOnStage(state: AppState): boolean {
  const one = staged(state);
  return one?.draftIndex != null && one.picture !== null && one.attachment.region === null && isLong(one.picture);
}

/** The page before or after the one that is shown. */
function otherPage(state: AppState, by: 1 | -1): Outcome | null {
  const onStage = documentOnStage(state);
  if (onStage) {
    const next = neighbourPage(onStage, by);
    return next === null ? null : intent({ is: "choosePage", number: state.onStage, page: next });
  }
  const picture = staged(state)?.picture;
  const page = picture && pageOf(picture.notes);
  const to = page ? page.shown + by : 0;
  return page && to >= 1 && to <= page.of ? intent({ is: "choosePage", number: state.onStage, page: to }) : null;
}

/** `words` gives the text of what is asked, in the person's language. */
export function actions(words: Record<Asked, string>): Action[] {
  return [
    { id: "newChat", menu: "file", keys: "Ctrl+N", when: always, run: () => intent({ is: "newChat" }) },
    { id: "newPrivateChat", menu: "file", keys: "Ctrl+Alt+N", when: always, run: () => intent({ is: "newPrivateChat" }) },
    { id: "addPicture", menu: "file", keys: "Ctrl+O", when: always, run: () => call("pickPictures") },
    { id: "paste", menu: "file", keys: "Ctrl+Shift+V", when: always, run: () => call("paste") },
    {
      id: "exportMarkdown", menu: "file", keys: "Ctrl+E", when: hasChat,
      run: (state) => state.chat && call("chatExport", state.chat.id, "markdown"),
    },
    {
      id: "exportHtml", menu: "file", keys: "Ctrl+Shift+E", when: hasChat,
      run: (state) => state.chat && call("chatExport", state.chat.id, "html"),
    },
    { id: "importChats", menu: "file", keys: "Ctrl+Shift+I", when: always, run: () => call("chatsImport") },
    { id: "settings", menu: "file", keys: "Ctrl+,", when: always, run: () => intent({ is: "show", overlay: { at: "settings", page: "look" } }) },
    { id: "quit", menu: "file", keys: "Ctrl+Q", when: always, run: () => call("quit") },

    { id: "search", menu: "edit", keys: "Ctrl+F", when: always, run: () => stage("focusSearch") },
    {
      id: "rename", menu: "edit", keys: "F2", when: hasChat,
      run: ({ chat }) => chat && intent({ is: "show", overlay: { at: "rename", chatId: chat.id, title: chat.title } }),
    },
    {
      id: "pin", menu: "edit", keys: "Ctrl+Shift+P", when: hasChat,
      run: ({ chat }) => chat && intent({ is: "pin", id: chat.id, pinned: !chat.pinned }),
    },
    { id: "deleteChat", menu: "edit", keys: "Ctrl+Shift+Delete", when: hasChat, run: ({ chat }) => chat && intent({ is: "delete", id: chat.id }) },
    { id: "previousChat", menu: "edit", keys: "Ctrl+PageUp", when: (state) => state.chats.length > 0, run: (state) => neighbour(state, -1) },
    { id: "nextChat", menu: "edit", keys: "Ctrl+PageDown", when: (state) => state.chats.length > 0, run: (state) => neighbour(state, 1) },

    { id: "region", menu: "picture", keys: "Ctrl+Shift+R", when: hasPicture, run: () => stage("region") },
    {
      id: "wholePicture", menu: "picture", keys: "Ctrl+Shift+W", when: (state) => staged(state)?.attachment.region != null,
      run: (state) => intent({ is: "setRegion", number: state.onStage, region: null }),
    },
    { id: "rotateLeft", menu: "picture", keys: "Ctrl+Alt+Left", when: hasPicture, run: (state) => intent({ is: "turn", number: state.onStage, by: -1 }) },
    { id: "rotateRight", menu: "picture", keys: "Ctrl+Alt+Right", when: hasPicture, run: (state) => intent({ is: "turn", number: state.onStage, by: 1 }) },
    { id: "zoomIn", menu: "picture", keys: "Alt+Up", when: hasPicture, run: () => stage("zoomIn") },
    { id: "zoomOut", menu: "picture", keys: "Alt+Down", when: hasPicture, run: () => stage("zoomOut") },
    { id: "fit", menu: "picture", keys: "Alt+0", when: hasPicture, run: () => stage("fit") },
    {
      id: "previousPicture", menu: "picture", keys: "Alt+PageUp", when: (state) => numbered(state).length > 1,
      run: (state) => intent({ is: "stage", number: state.onStage - 1 }),
    },
    {
      id: "nextPicture", menu: "picture", keys: "Alt+PageDown", when: (state) => numbered(state).length > 1,
      run: (state) => intent({ is: "stage", number: state.onStage + 1 }),
    },
    {
      id: "previousPage", menu: "picture", keys: "Alt+Shift+PageUp", when: (state) => otherPage(state, -1) !== null,
      run: (state) => otherPage(state, -1),
    },
    {
      id: "nextPage", menu: "picture", keys: "Alt+Shift+PageDown", when: (state) => otherPage(state, 1) !== null,
      run: (state) => otherPage(state, 1),
    },
    {
      id: "asPages", menu: "picture", keys: "Ctrl+Alt+O", when: (state) => isLongOnStage(state),
      run: (state) => {
        const one = staged(state);
        return one && call("choosePages", one.attachment.picture, [1]);
      },
    },
    {
      id: "asWhole", menu: "picture", keys: "Ctrl+Alt+W", when: (state) => wholeOfPart(state) !== null,
      run: (state) => {
        const whole = wholeOfPart(state);
        return whole && intent({ is: "pagesChosen", of: whole.id, pictures: [whole] });
      },
    },
    { id: "goToPage", menu: "picture", keys: "Ctrl+Alt+G", when: hasPages, run: () => stage("goToPage") },
    { id: "focusPages", menu: "picture", keys: "Ctrl+Alt+P", when: hasPages, run: () => stage("focusPages") },
    {
      id: "modelView", storedAs: "seen", menu: "picture", keys: "Ctrl+I", when: hasPicture,
      run: (state) => {
        const one = staged(state);
        return one && intent({ is: "show", overlay: { at: "modelView", attachment: one.attachment } });
      },
    },
    {
      id: "copyPicture", menu: "picture", keys: "Ctrl+Alt+C", when: hasPicture,
      run: (state) => {
        const one = staged(state);
        return one && call("copyPicture", one.attachment.picture);
      },
    },
    {
      id: "copyRegion", menu: "picture", keys: "Ctrl+Alt+Shift+C", when: (state) => staged(state)?.attachment.region != null,
      run: (state) => {
        const one = staged(state);
        return one && call("copyRegion", one.attachment);
      },
    },
    {
      id: "copyAllText", menu: "picture", keys: "Ctrl+Shift+A", when: hasText,
      run: (state) => {
        const text = textOnStage(state)?.read.text;
        return text === undefined ? null : call("copyText", text);
      },
    },
    { id: "findText", menu: "picture", keys: "Ctrl+Shift+F", when: hasText, run: () => stage("findText") },
    { id: "focusText", menu: "picture", keys: "Ctrl+Shift+G", when: hasText, run: () => stage("focusText") },
    { id: "showText", menu: "picture", keys: "Ctrl+Shift+T", when: hasText, run: () => intent({ is: "showText" }) },
    {
      id: "removePicture", menu: "picture", keys: "Ctrl+Shift+Backspace", when: (state) => staged(state)?.draftIndex != null,
      run: (state) => {
        const index = staged(state)?.draftIndex;
        return index == null ? null : intent({ is: "removePicture", index });
      },
    },

    { id: "send", menu: "answer", keys: "Ctrl+Enter", pageKey: true, when: canSend, run: () => intent({ is: "send" }) },
    {
      id: "stop", menu: "answer", keys: "Esc", pageKey: true, when: (state) => liveHere(state) !== null,
      run: (state) => {
        const live = liveHere(state);
        return live && intent({ is: "stop", answerId: live.answerId });
      },
    },
    ...quick.map(
      (id, index): Action => ({
        id, menu: "answer", keys: `Ctrl+Shift+${index + 1}`, pageKey: true, when: (state) => hasPicture(state) && isIdle(state),
        // The reader has all text at once, and exactly; a model only where nothing is read.
        run: (state) => intent({ is: "quick", text: words[id], by: id === "readText" && state.settings.readText ? "reader" : "model" }),
      }),
    ),
    {
      id: "eachPage", menu: "answer", keys: "Ctrl+Shift+5", pageKey: true, when: (state) => hasPages(state) && isIdle(state),
      run: () => intent({ is: "eachPage", text: words.describe, then: null }),
    },
    {
      id: "summarisePages", menu: "answer", keys: "Ctrl+Shift+6", pageKey: true, when: (state) => isIdle(state) && canSummarise(lastAnswer(state)),
      run: () => intent({ is: "summarisePages", text: words.summarisePages }),
    },
    {
      id: "readFromPage", menu: "answer", keys: "Ctrl+Alt+A", when: (state) => hasPages(state) && isIdle(state) && state.settings.readText,
      run: () => intent({ is: "readFromPage", text: words.readText }),
    },
    {
      id: "again", menu: "answer", keys: "Ctrl+R", when: (state) => lastAnswer(state) !== null && isIdle(state),
      run: (state) => {
        const answer = lastAnswer(state);
        return answer && intent({ is: "again", answer: answer.id });
      },
    },
    {
      id: "goOn", menu: "answer", keys: "Ctrl+Shift+Enter", pageKey: true,
      when: (state) => isIdle(state) && canGoOn(lastAnswer(state)?.end?.at),
      run: (state) => {
        const answer = lastAnswer(state);
        return answer && intent({ is: "goOn", answer: answer.id });
      },
    },
    {
      id: "editLast", menu: "answer", keys: "Alt+Shift+Up", when: (state) => lastQuestion(state) !== null && isIdle(state),
      run: (state) => {
        const question = lastQuestion(state);
        return question && intent({ is: "edit", question: question.id });
      },
    },
    {
      id: "copyAnswer", menu: "answer", keys: "Ctrl+Shift+C", when: (state) => lastAnswer(state) !== null,
      run: (state) => {
        const answer = lastAnswer(state);
        return answer && call("copyText", answer.text);
      },
    },

    {
      id: "speech", menu: "answer", keys: "Space", pageKey: true, when: (state) => state.aloud.at === "speaking" || lastAnswer(state) !== null,
      run: (state) => {
        if (state.aloud.at === "speaking") return call("aloud", state.aloud.isPaused ? "resume" : "pause");
        const answer = lastAnswer(state);
        return answer && call("readAloud", answer.id);
      },
    },
    { id: "previousSentence", menu: "answer", keys: "[", pageKey: true, when: isSpeaking, run: () => call("aloud", "previous") },
    { id: "nextSentence", menu: "answer", keys: "]", pageKey: true, when: isSpeaking, run: () => call("aloud", "next") },
    {
      id: "check", menu: "answer", keys: "Ctrl+Alt+K", when: (state) => canCheck(lastAnswer(state)) && isIdle(state),
      run: (state) => {
        const answer = lastAnswer(state);
        return answer && intent({ is: "check", answer: answer.id });
      },
    },

    { id: "palette", menu: "view", keys: "Ctrl+K", when: always, run: () => intent({ is: "show", overlay: { at: "palette" } }) },
    { id: "toggleChats", menu: "view", keys: "Ctrl+B", when: always, run: (state) => intent({ is: "set", settings: { showChats: !state.settings.showChats } }) },
    { id: "focusQuestion", menu: "view", keys: "Ctrl+L", when: always, run: () => stage("focusQuestion") },
    { id: "focusAnswer", menu: "view", keys: "Ctrl+J", when: (state) => lastAnswer(state) !== null, run: () => stage("focusAnswer") },
    { id: "focusStage", menu: "view", keys: "Ctrl+G", when: hasPicture, run: () => stage("focusStage") },
    { id: "textLarger", menu: "view", keys: "Ctrl+=", pageKey: true, when: (state) => state.settings.textPercent < 200, run: (state) => textSize(state, 1) },
    { id: "textSmaller", menu: "view", keys: "Ctrl+-", pageKey: true, when: (state) => state.settings.textPercent > 80, run: (state) => textSize(state, -1) },
    { id: "textReset", menu: "view", keys: "Ctrl+0", pageKey: true, when: always, run: () => intent({ is: "set", settings: { textPercent: 100 } }) },
    { id: "fullScreen", menu: "view", keys: "F11", when: always, run: () => intent({ is: "fullScreen" }) },
    { id: "models", menu: "view", keys: "Ctrl+M", when: always, run: () => intent({ is: "show", overlay: { at: "models" } }) },
    { id: "loadModel", menu: "view", keys: "Ctrl+Alt+L", when: (state) => state.status.model === null, run: () => call("loadModel") },
    { id: "releaseModel", menu: "view", keys: "Ctrl+Alt+R", when: (state) => state.status.model !== null, run: () => call("releaseModel") },

    { id: "shortcuts", menu: "help", keys: "?", pageKey: true, when: always, run: () => intent({ is: "show", overlay: { at: "shortcuts" } }) },
    { id: "trust", menu: "help", keys: "Ctrl+Shift+N", when: always, run: () => intent({ is: "show", overlay: { at: "trust" } }) },
  ];
}

/** Whether an answer may be wrong: one by the reader is the text itself. */
export function canCheck(answer: Pick<Message, "text" | "by"> | null): boolean {
  return answer !== null && answer.text !== "" && answer.by === "model";
}

/** Whether an answer says something of several pages, each by itself. */
export function canSummarise(answer: Pick<Message, "by" | "end"> | null): boolean {
  return answer?.by === "pages" && answer.end?.at === "whole";
}

export function canGoOn(end: string | undefined): boolean {
  return end === "length" || end === "stopped" || end === "cut";
}

export const menuOrder: MenuName[] = ["file", "edit", "picture", "answer", "view", "help"];

/** The name by which settings keep the keys of an action. */
export function storedName(action: Action): string {
  return action.storedAs ?? action.id;
}

/** The keys that an action has now: the person's own, or those it came with. */
export function keysOf(action: Action, own: Partial<Record<string, string>>): string {
  return own[storedName(action)] ?? action.keys;
}

/** The action that a shortcut stands for. */
export function actionFor(all: Action[], keys: string, own: Partial<Record<string, string>>): Action | null {
  return all.find((action) => keysOf(action, own) === keys) ?? null;
}
