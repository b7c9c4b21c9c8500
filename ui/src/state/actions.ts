// Every action once: its name (a key of the catalogues), its keys, its menu, when it can be done, and what it does.
// The palette, the menus, the shortcut sheet, the keyboard and the native menu bar all read this list.

import { canSend, isSendingHere, lastAnswer, lastQuestion, liveHere, numbered, type Intent, type Model } from "./model";

export type MenuName = "file" | "edit" | "picture" | "answer" | "view" | "help";

/** Things that a view does with itself: zoom and focus are not state of the window. */
export type StageDo = "zoomIn" | "zoomOut" | "fit" | "region" | "focusQuestion" | "focusAnswer" | "focusSearch" | "focusStage";

export type Outcome = { intent: Intent } | { stage: StageDo };

export interface Action {
  id: ActionId;
  menu: MenuName;
  keys: string;
  /** A native accelerator would take the key from text fields or dialogs: these stay with the page. */
  pageKey?: true;
  when(model: Model): boolean;
  run(model: Model): Outcome | null;
}

const quick = ["describe", "readText", "summarise", "altText"] as const;
export type Quick = (typeof quick)[number];

export type ActionId =
  | "newChat" | "addPicture" | "paste" | "exportMarkdown" | "exportHtml" | "importChats" | "quit"
  | "editLast" | "rename" | "pin" | "deleteChat" | "search" | "previousChat" | "nextChat"
  | "nextPicture" | "previousPicture" | "zoomIn" | "zoomOut" | "fit" | "region" | "wholePicture" | "rotateLeft" | "rotateRight" | "removePicture" | "copyPicture" | "seen"
  | "send" | "stop" | "copyAnswer" | "again" | "goOn" | "speech" | "nextSentence" | "previousSentence" | "check" | Quick
  | "palette" | "toggleChats" | "focusQuestion" | "focusAnswer" | "focusStage" | "textLarger" | "textSmaller" | "textReset" | "fullScreen"
  | "models" | "releaseModel" | "loadModel" | "settings" | "trust" | "shortcuts";

const intent = (it: Intent): Outcome => ({ intent: it });
const stage = (it: StageDo): Outcome => ({ stage: it });
const always = (): boolean => true;
const hasChat = (model: Model): boolean => model.chat !== null;
const hasPicture = (model: Model): boolean => numbered(model).length > 0;
const isSpeaking = (model: Model): boolean => model.aloud.at === "speaking";
const isIdle = (model: Model): boolean => liveHere(model) === null && !isSendingHere(model);

const textSizes = [80, 90, 100, 110, 125, 150, 175, 200];

function textSize(model: Model, by: 1 | -1): Outcome {
  const now = model.settings.textPercent;
  const next = by > 0 ? textSizes.find((size) => size > now) : textSizes.findLast((size) => size < now);
  return intent({ is: "set", settings: { textPercent: next ?? now } });
}

function neighbour(model: Model, by: 1 | -1): Outcome | null {
  const at = model.chats.findIndex((chat) => chat.id === model.chat?.id);
  const next = model.chats[at < 0 ? 0 : at + by];
  return next ? intent({ is: "openChat", id: next.id }) : null;
}

function staged(model: Model) {
  return numbered(model)[model.onStage] ?? null;
}

/** `words` gives the text of a quick question, in the person's language. */
export function actions(words: Record<Quick, string>): Action[] {
  return [
    { id: "newChat", menu: "file", keys: "Ctrl+N", when: always, run: () => intent({ is: "newChat" }) },
    { id: "addPicture", menu: "file", keys: "Ctrl+O", when: always, run: () => intent({ is: "addPictures" }) },
    { id: "paste", menu: "file", keys: "Ctrl+Shift+V", when: always, run: () => intent({ is: "paste" }) },
    {
      id: "exportMarkdown", menu: "file", keys: "Ctrl+E", when: hasChat,
      run: (model) => model.chat && intent({ is: "export", id: model.chat.id, format: "markdown" }),
    },
    {
      id: "exportHtml", menu: "file", keys: "Ctrl+Shift+E", when: hasChat,
      run: (model) => model.chat && intent({ is: "export", id: model.chat.id, format: "html" }),
    },
    { id: "importChats", menu: "file", keys: "Ctrl+Shift+I", when: always, run: () => intent({ is: "import" }) },
    { id: "settings", menu: "file", keys: "Ctrl+,", when: always, run: () => intent({ is: "show", overlay: { at: "settings", page: "look" } }) },
    { id: "quit", menu: "file", keys: "Ctrl+Q", when: always, run: () => intent({ is: "quit" }) },

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
    { id: "previousChat", menu: "edit", keys: "Ctrl+PageUp", when: (model) => model.chats.length > 0, run: (model) => neighbour(model, -1) },
    { id: "nextChat", menu: "edit", keys: "Ctrl+PageDown", when: (model) => model.chats.length > 0, run: (model) => neighbour(model, 1) },

    { id: "region", menu: "picture", keys: "Ctrl+Shift+R", when: hasPicture, run: () => stage("region") },
    {
      id: "wholePicture", menu: "picture", keys: "Ctrl+Shift+W", when: (model) => staged(model)?.attachment.region != null,
      run: (model) => intent({ is: "setRegion", number: model.onStage, region: null }),
    },
    { id: "rotateLeft", menu: "picture", keys: "Ctrl+Alt+Left", when: hasPicture, run: (model) => intent({ is: "turn", number: model.onStage, by: -1 }) },
    { id: "rotateRight", menu: "picture", keys: "Ctrl+Alt+Right", when: hasPicture, run: (model) => intent({ is: "turn", number: model.onStage, by: 1 }) },
    { id: "zoomIn", menu: "picture", keys: "Alt+Up", when: hasPicture, run: () => stage("zoomIn") },
    { id: "zoomOut", menu: "picture", keys: "Alt+Down", when: hasPicture, run: () => stage("zoomOut") },
    { id: "fit", menu: "picture", keys: "Alt+0", when: hasPicture, run: () => stage("fit") },
    {
      id: "previousPicture", menu: "picture", keys: "Alt+PageUp", when: (model) => numbered(model).length > 1,
      run: (model) => intent({ is: "stage", number: model.onStage - 1 }),
    },
    {
      id: "nextPicture", menu: "picture", keys: "Alt+PageDown", when: (model) => numbered(model).length > 1,
      run: (model) => intent({ is: "stage", number: model.onStage + 1 }),
    },
    {
      id: "seen", menu: "picture", keys: "Ctrl+I", when: hasPicture,
      run: (model) => {
        const one = staged(model);
        return one && intent({ is: "show", overlay: { at: "seen", attachment: one.attachment } });
      },
    },
    {
      id: "copyPicture", menu: "picture", keys: "Ctrl+Alt+C", when: hasPicture,
      run: (model) => {
        const one = staged(model);
        return one && intent({ is: "copyPicture", id: one.attachment.picture });
      },
    },
    {
      id: "removePicture", menu: "picture", keys: "Ctrl+Shift+Backspace", when: (model) => staged(model)?.draftIndex != null,
      run: (model) => {
        const index = staged(model)?.draftIndex;
        return index == null ? null : intent({ is: "removePicture", index });
      },
    },

    { id: "send", menu: "answer", keys: "Ctrl+Enter", pageKey: true, when: canSend, run: () => intent({ is: "send" }) },
    {
      id: "stop", menu: "answer", keys: "Esc", pageKey: true, when: (model) => liveHere(model) !== null,
      run: (model) => {
        const live = liveHere(model);
        return live && intent({ is: "stop", answerId: live.answerId });
      },
    },
    ...quick.map(
      (id, index): Action => ({
        id, menu: "answer", keys: `Ctrl+Shift+${index + 1}`, pageKey: true, when: (model) => hasPicture(model) && isIdle(model),
        run: () => intent({ is: "quick", text: words[id] }),
      }),
    ),
    {
      id: "again", menu: "answer", keys: "Ctrl+R", when: (model) => lastAnswer(model) !== null && isIdle(model),
      run: (model) => {
        const answer = lastAnswer(model);
        return answer && intent({ is: "again", answer: answer.id });
      },
    },
    {
      id: "goOn", menu: "answer", keys: "Ctrl+Shift+Enter", pageKey: true,
      when: (model) => isIdle(model) && canGoOn(lastAnswer(model)?.end?.at),
      run: (model) => {
        const answer = lastAnswer(model);
        return answer && intent({ is: "goOn", answer: answer.id });
      },
    },
    {
      id: "editLast", menu: "answer", keys: "Alt+Shift+Up", when: (model) => lastQuestion(model) !== null && isIdle(model),
      run: (model) => {
        const question = lastQuestion(model);
        return question && intent({ is: "edit", question: question.id });
      },
    },
    {
      id: "copyAnswer", menu: "answer", keys: "Ctrl+Shift+C", when: (model) => lastAnswer(model) !== null,
      run: (model) => {
        const answer = lastAnswer(model);
        return answer && intent({ is: "copyText", text: answer.text });
      },
    },

    {
      id: "speech", menu: "answer", keys: "Space", pageKey: true, when: (model) => model.aloud.at === "speaking" || lastAnswer(model) !== null,
      run: (model) => {
        if (model.aloud.at === "speaking") return intent({ is: "aloud", what: model.aloud.isPaused ? "resume" : "pause" });
        const answer = lastAnswer(model);
        return answer && intent({ is: "readAloud", answer: answer.id });
      },
    },
    { id: "previousSentence", menu: "answer", keys: "[", pageKey: true, when: isSpeaking, run: () => intent({ is: "aloud", what: "previous" }) },
    { id: "nextSentence", menu: "answer", keys: "]", pageKey: true, when: isSpeaking, run: () => intent({ is: "aloud", what: "next" }) },
    {
      id: "check", menu: "answer", keys: "Ctrl+Alt+K", when: (model) => Boolean(lastAnswer(model)?.text) && isIdle(model),
      run: (model) => {
        const answer = lastAnswer(model);
        return answer && intent({ is: "check", answer: answer.id });
      },
    },

    { id: "palette", menu: "view", keys: "Ctrl+K", when: always, run: () => intent({ is: "show", overlay: { at: "palette" } }) },
    { id: "toggleChats", menu: "view", keys: "Ctrl+B", when: always, run: (model) => intent({ is: "set", settings: { showChats: !model.settings.showChats } }) },
    { id: "focusQuestion", menu: "view", keys: "Ctrl+L", when: always, run: () => stage("focusQuestion") },
    { id: "focusAnswer", menu: "view", keys: "Ctrl+J", when: (model) => lastAnswer(model) !== null, run: () => stage("focusAnswer") },
    { id: "focusStage", menu: "view", keys: "Ctrl+G", when: hasPicture, run: () => stage("focusStage") },
    { id: "textLarger", menu: "view", keys: "Ctrl+=", pageKey: true, when: (model) => model.settings.textPercent < 200, run: (model) => textSize(model, 1) },
    { id: "textSmaller", menu: "view", keys: "Ctrl+-", pageKey: true, when: (model) => model.settings.textPercent > 80, run: (model) => textSize(model, -1) },
    { id: "textReset", menu: "view", keys: "Ctrl+0", pageKey: true, when: always, run: () => intent({ is: "set", settings: { textPercent: 100 } }) },
    { id: "fullScreen", menu: "view", keys: "F11", when: always, run: () => intent({ is: "fullScreen" }) },
    { id: "models", menu: "view", keys: "Ctrl+M", when: always, run: () => intent({ is: "show", overlay: { at: "models" } }) },
    { id: "loadModel", menu: "view", keys: "Ctrl+Alt+L", when: (model) => model.status.model === null, run: () => intent({ is: "loadModel" }) },
    { id: "releaseModel", menu: "view", keys: "Ctrl+Alt+R", when: (model) => model.status.model !== null, run: () => intent({ is: "releaseModel" }) },

    { id: "shortcuts", menu: "help", keys: "?", pageKey: true, when: always, run: () => intent({ is: "show", overlay: { at: "shortcuts" } }) },
    { id: "trust", menu: "help", keys: "Ctrl+Shift+N", when: always, run: () => intent({ is: "show", overlay: { at: "trust" } }) },
  ];
}

export function canGoOn(end: string | undefined): boolean {
  return end === "length" || end === "stopped" || end === "cut";
}

export const menuOrder: MenuName[] = ["file", "edit", "picture", "answer", "view", "help"];

/** The keys that an action has now: the person's own, or those it came with. */
export function keysOf(action: Action, own: Partial<Record<string, string>>): string {
  return own[action.id] ?? action.keys;
}

/** The action that a shortcut stands for. */
export function actionFor(all: Action[], keys: string, own: Partial<Record<string, string>>): Action | null {
  return all.find((action) => keysOf(action, own) === keys) ?? null;
}
