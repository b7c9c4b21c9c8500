// The window's life: (model, intent) -> the next model and what to do about it. Pure; `run.svelte.ts` carries the effects out.

import {
  CHATS_A_PAGE, canSend, isSendingHere, leafOf, liveHere, messages, numbered,
  type Composing, type Intent, type Live, type Model, type Notice, type Phase, type Said,
} from "./model";
import {
  assertNever,
  type AloudDo, type Added, type AnswerEvent, type AppEvent, type Ask, type Attachment, type Chat, type Draft, type Picture, type Settings, type UiError,
} from "./types";

/** Whoever says them is never so many behind. */
const N_SAID = 32;

export type Effect =
  | { do: "ask"; ask: Ask; draft: Draft; composing: Composing }
  | { do: "stop"; answerId: number }
  | { do: "readAloud"; answerId: number }
  | { do: "aloud"; what: AloudDo }
  | { do: "check"; answerId: number }
  | { do: "stopCheck" }
  | { do: "listChats"; search: string; offset: number; soon: boolean }
  | { do: "openChat"; id: number; withDraft: boolean }
  | { do: "readDraft" }
  | { do: "keepDraft"; chatId: number | null; draft: Draft; soon: boolean }
  | { do: "estimate"; soon: boolean }
  | { do: "prepare" }
  | { do: "pickPictures" }
  | { do: "paste" }
  | { do: "addSample"; name: string }
  | { do: "rename"; id: number; title: string }
  | { do: "pin"; id: number; pinned: boolean }
  | { do: "delete"; id: number }
  | { do: "restore"; id: number }
  | { do: "export"; id: number; format: "markdown" | "html" }
  | { do: "import" }
  | { do: "purge" }
  | { do: "branch"; message: number }
  | { do: "model"; op: "choose" | "fetch" | "pause" | "cancelFetch" | "verify" | "remove"; id: string }
  | { do: "addModel"; folder: boolean }
  | { do: "loadModel" }
  | { do: "releaseModel" }
  | { do: "keepSettings"; settings: Settings; soon: boolean }
  | { do: "checkLink"; url: string }
  | { do: "openLink"; address: string }
  | { do: "copyText"; text: string }
  | { do: "copyPicture"; id: string }
  | { do: "openFolder"; which: "data" | "config" | "models" }
  | { do: "fullScreen"; on: boolean }
  | { do: "runAction"; action: string }
  | { do: "quit" };

type Step = [Model, Effect[]];

export function update(model: Model, intent: Intent): Step {
  switch (intent.is) {
    case "event":
      return onEvent(model, intent.event);
    case "answerEvent":
      return onAnswer(model, intent.event, intent.answerId);
    case "longPhase":
      return [saying(model, { at: "part", of: intent.of, share: intent.share }), []];
    case "askFailed": {
      // Nothing was kept, so what was typed goes back where it came from.
      const back = isSendingHere(model) && model.draft.text === "" && model.draft.pictures.length === 0;
      const next = saying({ ...model, sending: null }, { at: "failed" });
      return [
        withError(back ? { ...next, draft: intent.draft, composing: intent.composing } : next, intent.error, null),
        back ? [{ do: "estimate", soon: false }] : [],
      ];
    }
    case "failed":
      return [withError(model, intent.error, intent.retry), intent.error.code === "notFound" ? [list(model, 0)] : []];
    case "chatsListed": {
      if (intent.search !== model.search) return [model, []]; // an answer to an older search
      const before = intent.offset === 0 ? [] : model.chats.slice(0, intent.offset);
      return [{ ...model, chats: [...before, ...intent.chats], chatsEnd: intent.chats.length < CHATS_A_PAGE }, []];
    }
    case "chatOpened":
      return onOpened(model, intent.chat, intent.draft);
    case "chatFailed":
      return [withError(model.opening === intent.id ? { ...model, opening: null } : model, intent.error, null), [list(model, 0)]];
    case "draftRead": {
      if (model.chat !== null || model.draft.text !== "" || model.draft.pictures.length > 0) return [model, []];
      const { files, ...draft } = intent.draft;
      return [{ ...model, draft, files: withFiles(model.files, files), onStage: 0 }, draftEffects(draft.pictures)];
    }
    case "estimated":
      return [{ ...model, estimate: intent.estimate }, []];
    case "added":
      return onAdded(model, intent.added);
    case "pastedText":
      return update(model, { is: "type", text: model.draft.text + intent.text });
    case "modelsListed":
      return [{ ...model, models: intent.models }, []];
    case "settingsKept":
      return [{ ...model, settings: intent.settings }, []];
    case "linkChecked":
      return [{ ...model, overlay: { at: "link", link: intent.link } }, []];
    case "did": {
      const noticed = withNotice(model, { key: "done", kind: "done", what: intent.what });
      return [saying(noticed, { at: intent.what.at === "copied" ? "copied" : "saved" }), []];
    }

    case "type": {
      const draft = { ...model.draft, text: intent.text };
      const begins = model.draft.text === "" && intent.text !== "" && draft.pictures.length > 0;
      const effects: Effect[] = [keep(model, draft, true), { do: "estimate", soon: true }];
      return [{ ...model, draft }, begins ? [...effects, { do: "prepare" }] : effects];
    }
    case "addPictures":
      return [model, [{ do: "pickPictures" }]];
    case "paste":
      return [model, [{ do: "paste" }]];
    case "addSample": {
      const text = model.draft.text === "" ? intent.sample.question : model.draft.text;
      return [{ ...model, draft: { ...model.draft, text } }, [{ do: "addSample", name: intent.sample.name }]];
    }
    case "removePicture":
      return withPictures(model, model.draft.pictures.filter((_, index) => index !== intent.index));
    case "setRegion":
      return changeOnStage(model, intent.number, (attachment) => ({ ...attachment, region: intent.region }));
    case "turn":
      return changeOnStage(model, intent.number, (attachment) => ({ ...attachment, turn: (attachment.turn + intent.by + 4) % 4 }));
    case "setDetail": {
      const pictures = model.draft.pictures.map((attachment) => ({ ...attachment, maxSide: intent.maxSide }));
      const settings = { ...model.settings, maxSide: intent.maxSide };
      const [next, effects] = withPictures({ ...model, settings }, pictures);
      return [next, [...effects, { do: "keepSettings", settings, soon: true }]];
    }
    case "stage":
      return [{ ...model, onStage: clamp(intent.number, 0, Math.max(0, numbered(model).length - 1)) }, []];

    case "send":
      return canSend(model) ? send(model) : [model, []];
    case "quick": {
      if (liveHere(model) !== null || isSendingHere(model)) return [model, []];
      return send({ ...model, draft: { ...model.draft, text: intent.text } });
    }
    case "stop":
      return [withLive(model, intent.answerId, (live) => ({ ...live, stopping: true })), [{ do: "stop", answerId: intent.answerId }]];
    case "readAloud":
      return [model, [{ do: "readAloud", answerId: intent.answer }]];
    case "aloud":
      return [model, [{ do: "aloud", what: intent.what }]];
    case "check":
      return liveHere(model) === null ? [model, [{ do: "check", answerId: intent.answer }]] : [model, []];
    case "stopCheck":
      return [model, [{ do: "stopCheck" }]];
    case "again":
      return askOf(model, { kind: "again", answer: intent.answer });
    case "goOn":
      return askOf(model, { kind: "continue", answer: intent.answer });
    case "edit": {
      const question = messages(model).find((message) => message.id === intent.question);
      if (!question || liveHere(model)) return [model, []];
      const draft = { text: question.text, pictures: question.pictures };
      const kept = model.composing.at === "edit" ? model.composing.kept : model.draft;
      return [{ ...model, draft, composing: { at: "edit", question: question.id, kept } }, [{ do: "estimate", soon: false }]];
    }
    case "cancelEdit": {
      if (model.composing.at !== "edit") return [model, []];
      return [onStageKept({ ...model, draft: model.composing.kept, composing: { at: "new" } }), [{ do: "estimate", soon: false }]];
    }
    case "branch":
      return liveHere(model) ? [model, []] : [model, [{ do: "branch", message: intent.message }]];

    case "newChat":
      return leave({ ...model, chat: null, opening: null }, model, [{ do: "readDraft" }]);
    case "openChat":
      if (model.chat?.id === intent.id) return [{ ...model, drawer: false }, []];
      return [{ ...model, opening: intent.id, drawer: false }, [...leaving(model), { do: "openChat", id: intent.id, withDraft: true }]];
    case "search":
      return [{ ...model, search: intent.text }, [{ do: "listChats", search: intent.text, offset: 0, soon: true }]];
    case "moreChats":
      return model.chatsEnd ? [model, []] : [model, [list(model, model.chats.length)]];
    case "rename": {
      const title = intent.title.trim();
      const next = renamed(model, intent.id, { title });
      return [{ ...next, overlay: { at: "none" } }, [{ do: "rename", id: intent.id, title }]];
    }
    case "pin":
      return [renamed(model, intent.id, { pinned: intent.pinned }), [{ do: "pin", id: intent.id, pinned: intent.pinned }]];
    case "delete": {
      const title = model.chats.find((chat) => chat.id === intent.id)?.title ?? (model.chat?.id === intent.id ? model.chat.title : "");
      const without = saying({ ...model, chats: model.chats.filter((chat) => chat.id !== intent.id) }, { at: "deleted" });
      const noticed = withNotice(without, { key: "undo", kind: "undoDelete", chatId: intent.id, title });
      const running = Object.entries(model.live).filter(([, live]) => live?.chatId === intent.id);
      const effects: Effect[] = [...running.map(([id]): Effect => ({ do: "stop", answerId: Number(id) })), { do: "delete", id: intent.id }];
      if (model.chat?.id !== intent.id) return [noticed, effects];
      const [next, more] = leave({ ...noticed, chat: null }, null, [{ do: "readDraft" }]);
      return [next, [...effects, ...more]];
    }
    case "undoDelete":
      return [
        saying({ ...withoutNotice(model, "undo"), opening: intent.id }, { at: "restored" }),
        [{ do: "restore", id: intent.id }, { do: "openChat", id: intent.id, withDraft: true }],
      ];
    case "export":
      return [model, [{ do: "export", id: intent.id, format: intent.format }]];
    case "import":
      return [model, [{ do: "import" }]];
    case "purge":
      return [{ ...withoutNotice(model, "undo"), overlay: { at: "settings", page: "data" } }, [{ do: "purge" }]];

    case "chooseModel":
      return [{ ...model, models: model.models.map((one) => ({ ...one, chosen: one.id === intent.id })) }, [{ do: "model", op: "choose", id: intent.id }]];
    case "addModel":
      return [model, [{ do: "addModel", folder: intent.folder }]];
    case "fetch":
      return [model, [{ do: "model", op: "fetch", id: intent.id }]];
    case "pause":
      return [model, [{ do: "model", op: "pause", id: intent.id }]];
    case "cancelFetch":
      return [{ ...model, overlay: { at: "models" } }, [{ do: "model", op: "cancelFetch", id: intent.id }]];
    case "verify":
      return [model, [{ do: "model", op: "verify", id: intent.id }]];
    case "removeModel":
      return [{ ...model, overlay: { at: "models" } }, [{ do: "model", op: "remove", id: intent.id }]];
    case "loadModel":
      return [model, [{ do: "loadModel" }]];
    case "releaseModel":
      return [model, [{ do: "releaseModel" }]];

    case "set": {
      const settings = { ...model.settings, ...intent.settings };
      return [{ ...model, settings }, [{ do: "keepSettings", settings, soon: true }]];
    }
    case "show":
      return [{ ...model, overlay: intent.overlay, drawer: false }, []];
    case "close":
      return [{ ...model, overlay: { at: "none" }, drawer: false }, []];
    case "drawer":
      return [{ ...model, drawer: intent.open }, []];
    case "dismiss":
      return [withoutNotice(model, intent.key), []];
    case "checkLink":
      return [model, [{ do: "checkLink", url: intent.url }]];
    case "openLink":
      return [{ ...model, overlay: { at: "none" } }, [{ do: "openLink", address: intent.address }]];
    case "copyText":
      return [model, [{ do: "copyText", text: intent.text }]];
    case "copyPicture":
      return [model, [{ do: "copyPicture", id: intent.id }]];
    case "openFolder":
      return [model, [{ do: "openFolder", which: intent.which }]];
    case "fullScreen":
      return [{ ...model, fullScreen: !model.fullScreen }, [{ do: "fullScreen", on: !model.fullScreen }]];
    case "quit":
      return [model, [{ do: "quit" }]];
    default:
      return assertNever(intent);
  }
}

function onEvent(model: Model, event: AppEvent): Step {
  switch (event.kind) {
    case "status": {
      const changed = event.status.model?.id !== model.status.model?.id || event.status.model?.speed !== model.status.model?.speed;
      return [{ ...model, status: event.status }, changed ? [{ do: "estimate", soon: true }] : []];
    }
    case "models":
      return [{ ...model, models: event.models }, []];
    case "fetch":
      return [{ ...model, models: model.models.map((one) => (one.id === event.id ? { ...one, state: event.state } : one)) }, []];
    case "chats":
      return [model, [list(model, 0)]];
    case "open":
      return update(model, { is: "openChat", id: event.chatId });
    case "dragOver":
      return model.drag.at === "over" ? [model, []] : [{ ...model, drag: { at: "over" } }, []];
    case "dragLeft":
      return [{ ...model, drag: { at: "none" } }, []];
    case "adding":
      return [{ ...model, drag: { at: "adding", nFiles: event.nFiles } }, []];
    case "added":
      return onAdded({ ...model, drag: { at: "none" } }, event.added);
    case "action":
      return [model, [{ do: "runAction", action: event.action }]];
    case "preparation":
      return [{ ...model, preparation: event.preparation }, []];
    case "aloud": {
      const { aloud } = event;
      if (aloud.at === "failed") return [withError({ ...model, aloud: { at: "silent" } }, aloud.error, null), []];
      const pauses = aloud.at === "speaking" && aloud.isPaused && !(model.aloud.at === "speaking" && model.aloud.isPaused);
      return [pauses ? saying({ ...model, aloud }, { at: "paused" }) : { ...model, aloud }, []];
    }
    case "sentence": {
      // It comes on a way of its own, perhaps before the words that it is made of.
      const live = event.answerId === null ? undefined : model.live[event.answerId];
      const { answerId } = event;
      const begun = live && answerId !== null ? withLive(begins(model, answerId, live), answerId, (one) => ({ ...one, nSentences: one.nSentences + 1 })) : model;
      return [saying(begun, { at: "sentence", text: event.text }), []];
    }
    case "check": {
      const { check, answerId } = event;
      const checks = { ...model.checks, [answerId]: check };
      if (check.at === "failed") return [withError({ ...model, checks }, check.error, { is: "check", answer: answerId }), []];
      if (check.at !== "done") return [{ ...model, checks }, []];
      return [saying({ ...model, checks }, { at: "checked", nDoubts: check.sentences.filter((one) => one.uncertain).length }), []];
    }
    case "closing":
      return [{ ...model, closing: true }, [keep(model, model.draft, false)]];
    default:
      return assertNever(event);
  }
}

/** The next phase that an event tells of; null for one that tells of none. */
export function phaseOf(event: AnswerEvent): Phase | null {
  switch (event.kind) {
    case "started":
      return { at: "sending" };
    case "queued":
      return { at: "queued", nBefore: event.nBefore };
    case "loading":
      return { at: "loading", doneBytes: event.doneBytes, totalBytes: event.totalBytes };
    case "encoding":
      return { at: "looking", picture: event.picture, nPictures: event.nPictures, done: event.done, total: event.total };
    case "reading":
      return { at: "reading", doneTokens: event.doneTokens, totalTokens: event.totalTokens, cachedTokens: event.cachedTokens };
    case "text":
      return { at: "writing", nTokens: event.nTokens, tokensPerS: event.tokensPerS };
    case "ended":
      return null;
    default:
      return assertNever(event);
  }
}

function onAnswer(model: Model, event: AnswerEvent, answerId: number | null): Step {
  if (event.kind === "started") {
    const answer = event.chat.messages.find((message) => message.id === event.answerId);
    const live: Live = { chatId: event.chat.id, text: answer?.text ?? "", nSentences: 0, phase: { at: "sending" }, stopping: false };
    const here = (model.chat?.id ?? null) === event.chat.id || isSendingHere(model);
    const next = saying({ ...model, live: { ...model.live, [event.answerId]: live }, sending: null }, { at: "looking" });
    return [here ? withChat(next, event.chat) : next, [list(model, 0)]];
  }
  if (answerId === null) return [model, []];
  const live = model.live[answerId];
  if (event.kind === "ended") {
    const { [answerId]: _, ...others } = model.live;
    const at = event.message.end?.at;
    const said: Said = at === "failed" || at === "stopped" ? { at } : { at: "answered", nSentences: live?.nSentences ?? 0 };
    const next = saying({ ...model, live: others }, said);
    return [withMessage(next, event.message), [{ do: "estimate", soon: true }]];
  }
  if (!live) return [model, []];
  const phase = phaseOf(event) ?? live.phase;
  const text = event.kind === "text" ? live.text + event.piece : live.text;
  const begun = event.kind === "text" ? begins(model, answerId, live) : model;
  return [withLive(begun, answerId, (one) => ({ ...one, text, phase })), []];
}

/** Says once that words come. */
function begins(model: Model, answerId: number, live: Live): Model {
  if (live.phase.at === "writing") return model;
  const next = withLive(model, answerId, (one) => ({ ...one, phase: { at: "writing", nTokens: 0, tokensPerS: 0 } }));
  return saying(next, { at: "answering" });
}

function onOpened(model: Model, chat: Chat, draft: (Draft & { files: Picture[] }) | null): Step {
  if (draft === null) return [model.chat?.id === chat.id ? withChat(model, chat) : model, []]; // a branch of the same chat
  if (model.opening !== chat.id) return [model, []]; // another was chosen meanwhile
  const { files, ...rest } = draft;
  const next: Model = {
    ...model,
    chat,
    opening: null,
    draft: rest,
    composing: { at: "new" },
    files: withFiles(withFiles({}, chat.pictures), files),
    estimate: null,
    preparation: { at: "idle" },
  };
  return [{ ...next, onStage: Math.max(0, numbered(next).length - 1) }, draftEffects(rest.pictures)];
}

function onAdded(model: Model, added: Added): Step {
  const maxSide = model.settings.maxSide;
  const attachments = added.pictures.map(
    (picture): Attachment => ({ picture: picture.id, name: picture.name, region: null, turn: 0, maxSide }),
  );
  const noticed = added.faults.length === 0 ? model : withNotice(model, { key: "faults", kind: "faults", faults: added.faults });
  if (attachments.length === 0) return [noticed, []];
  const files = withFiles(model.files, added.pictures);
  const [next, effects] = withPictures({ ...noticed, files }, [...model.draft.pictures, ...attachments]);
  const first = numbered(next).length - attachments.length;
  return [saying({ ...next, onStage: first }, { at: "added", n: attachments.length }), effects];
}

function send(model: Model): Step {
  const text = model.draft.text.trim();
  const pictures = model.draft.pictures;
  const chatId = model.chat?.id ?? null;
  const ask: Ask =
    model.composing.at === "edit"
      ? { kind: "edit", question: model.composing.question, text, pictures }
      : { kind: "new", chatId, leaf: leafOf(model), text, pictures };
  const kept = model.composing.at === "edit" ? model.composing.kept : { text: "", pictures: [] };
  const next: Model = {
    ...model,
    draft: kept,
    composing: { at: "new" },
    sending: { ask: { text, pictures }, chatId },
    preparation: { at: "idle" },
    estimate: null,
  };
  const effects: Effect[] = [{ do: "ask", ask, draft: { text, pictures }, composing: model.composing }, keep(model, kept, false)];
  return [onStageKept(next), effects];
}

function askOf(model: Model, ask: Ask): Step {
  if (liveHere(model) !== null || isSendingHere(model)) return [model, []];
  return [model, [{ do: "ask", ask, draft: model.draft, composing: model.composing }]];
}

/** A picture of the draft is changed; one that was already asked about is attached anew, changed. */
function changeOnStage(model: Model, number: number, change: (attachment: Attachment) => Attachment): Step {
  const one = numbered(model)[number];
  if (!one) return [model, []];
  if (one.draftIndex !== null) {
    return withPictures(model, model.draft.pictures.map((attachment, index) => (index === one.draftIndex ? change(attachment) : attachment)));
  }
  const [next, effects] = withPictures(model, [...model.draft.pictures, { ...change(one.attachment), maxSide: model.settings.maxSide }]);
  return [{ ...next, onStage: numbered(next).length - 1 }, effects];
}

function withPictures(model: Model, pictures: Attachment[]): Step {
  const draft = { ...model.draft, pictures };
  const estimate = pictures.length === model.draft.pictures.length ? model.estimate : null;
  const next = onStageKept({ ...model, draft, estimate });
  return [next, [keep(model, draft, true), { do: "estimate", soon: false }, { do: "prepare" }]];
}

function draftEffects(pictures: Attachment[]): Effect[] {
  return pictures.length > 0 ? [{ do: "estimate", soon: false }, { do: "prepare" }] : [{ do: "estimate", soon: true }];
}

/** Leaves what is open: its draft is kept, the next begins clean. */
function leave(model: Model, from: Model | null, effects: Effect[]): Step {
  const next: Model = {
    ...model,
    draft: { text: "", pictures: [] },
    composing: { at: "new" },
    files: {},
    onStage: 0,
    estimate: null,
    preparation: { at: "idle" },
    overlay: { at: "none" },
    drawer: false,
  };
  if (from !== null && from.chat === null && from.opening === null) return [{ ...model, drawer: false, overlay: { at: "none" } }, []];
  return [next, [...(from ? leaving(from) : []), ...effects]];
}

function leaving(model: Model): Effect[] {
  const draft = model.composing.at === "edit" ? model.composing.kept : model.draft;
  return [keep(model, draft, false), ...(model.draft.pictures.length > 0 ? [{ do: "prepare" } as const] : [])];
}

function keep(model: Model, draft: Draft, soon: boolean): Effect {
  // While a question is edited, the draft beneath it is what is kept.
  const kept = model.composing.at === "edit" && soon ? model.composing.kept : draft;
  return { do: "keepDraft", chatId: model.chat?.id ?? null, draft: kept, soon };
}

function list(model: Model, offset: number): Effect {
  return { do: "listChats", search: model.search, offset, soon: false };
}

function withChat(model: Model, chat: Chat): Model {
  return onStageKept({ ...model, chat, files: withFiles(model.files, chat.pictures) });
}

function withMessage(model: Model, message: Chat["messages"][number]): Model {
  if (!model.chat) return model;
  const at = model.chat.messages.findIndex((one) => one.id === message.id);
  if (at < 0) return model;
  return { ...model, chat: { ...model.chat, messages: model.chat.messages.with(at, message) } };
}

function withLive(model: Model, answerId: number, change: (live: Live) => Live): Model {
  const live = model.live[answerId];
  return live ? { ...model, live: { ...model.live, [answerId]: change(live) } } : model;
}

function withFiles(files: Model["files"], pictures: Picture[]): Model["files"] {
  return pictures.reduce((all, picture) => ({ ...all, [picture.id]: picture }), files);
}

function renamed(model: Model, id: number, change: { title?: string; pinned?: boolean }): Model {
  const chats = model.chats.map((chat) => (chat.id === id ? { ...chat, ...change } : chat));
  const chat = model.chat?.id === id ? { ...model.chat, ...change } : model.chat;
  return { ...model, chats, chat };
}

function onStageKept(model: Model): Model {
  return { ...model, onStage: clamp(model.onStage, 0, Math.max(0, numbered(model).length - 1)) };
}

/** With one more thing that a screen reader should hear. */
function saying(model: Model, what: Said): Model {
  const turn = (model.said.at(-1)?.turn ?? 0) + 1;
  return { ...model, said: [...model.said, { turn, what }].slice(-N_SAID) };
}

function withError(model: Model, error: UiError, retry: Intent | null): Model {
  return withNotice(model, { key: `error ${error.code} ${error.message}`, kind: "error", error, retry });
}

function withNotice(model: Model, notice: Notice): Model {
  return { ...model, notices: [...model.notices.filter((one) => one.key !== notice.key), notice].slice(-4) };
}

function withoutNotice(model: Model, key: string): Model {
  return { ...model, notices: model.notices.filter((notice) => notice.key !== key) };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
