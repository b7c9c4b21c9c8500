// The window's life: (state, intent) -> the next state and what to do about it. Pure; `run.svelte.ts` carries the effects out.

import {
  CHATS_A_PAGE, canSend, isPrivate, isSendingHere, lastAnswer, leafOf, liveHere, messages, numbered,
  type AppState, type Composing, type Intent, type LinkFrom, type Live, type Said, type Then,
} from "./app-state";
import type { Call, CallName } from "./call";
import type { Added, AnswerBy, AnswerEvent, AppEvent, Ask, Attachment, Chat, Draft, OpenDraft, Picture, Settings } from "../contract";
import { assertNever } from "./assert-never";
import { clamp } from "./geometry";
import { pageOf } from "./notes";
import { documentOnStage, fileOf, range, shownPage, withPages } from "./pages";
import { saying, withError, withNotice, withoutNotice } from "./telling";
import type { TextEffect } from "./texts";
import { keepTexts, showFound, updateTexts, withHeard } from "./update-texts";

export type Effect =
  | ({ do: "call" } & Call)
  | { do: "ask"; ask: Ask; draft: Draft; composing: Composing }
  | { do: "listChats"; search: string; offset: number; soon: boolean }
  | { do: "openChat"; id: number; withDraft: boolean }
  | { do: "readDraft" }
  | { do: "keepDraft"; chatId: number | null; draft: Draft; soon: boolean }
  | { do: "estimate"; soon: boolean }
  | { do: "prepare" }
  | { do: "keepSettings"; settings: Settings; soon: boolean }
  | { do: "checkLinkFrom"; from: LinkFrom; address: string }
  | { do: "runAction"; action: string }
  | { do: "unlock"; id: string; password: string }
  | { do: "askPages"; of: string; pages: number[]; text: string; by: AnswerBy; then: Then }
  | TextEffect;

type Step = [AppState, Effect[]];

export function update(state: AppState, intent: Intent): Step {
  const [next, effects] = step(state, intent);
  const [done, more] = keepTexts(state, next);
  return [done, more.length > 0 ? [...effects, ...more] : effects];
}

function step(state: AppState, intent: Intent): Step {
  switch (intent.is) {
    case "event":
      return onEvent(state, intent.event);
    case "answerEvent":
      return onAnswer(state, intent.event, intent.answerId);
    case "longPhase":
      return [saying(state, { at: "part", of: intent.of, share: intent.share }), []];
    case "askFailed": {
      // Nothing was kept, so what was typed goes back where it came from.
      const back = isSendingHere(state) && state.draft.text === "" && state.draft.pictures.length === 0;
      const next = saying({ ...state, sending: null }, { at: "failed" });
      return [
        withError(back ? { ...next, draft: intent.draft, composing: intent.composing } : next, intent.error, null),
        back ? [{ do: "estimate", soon: false }] : [],
      ];
    }
    case "failed":
      return [withError(state, intent.error, intent.retry), intent.error.code === "notFound" ? [list(state, 0)] : []];
    case "chatsListed": {
      if (intent.search !== state.search) return [state, []]; // an answer to an older search
      const before = intent.offset === 0 ? [] : state.chats.slice(0, intent.offset);
      return [{ ...state, chats: [...before, ...intent.chats], chatsEnd: intent.chats.length < CHATS_A_PAGE }, []];
    }
    case "chatOpened":
      return onOpened(state, intent.chat, intent.draft);
    case "chatFailed":
      return [withError(state.opening === intent.id ? { ...state, opening: null } : state, intent.error, null), [list(state, 0)]];
    case "draftRead": {
      if (state.chat !== null || state.draft.text !== "" || state.draft.pictures.length > 0) return [state, []];
      const { files, ...draft } = intent.draft;
      return [{ ...state, draft, files: withFiles(state.files, files), onStage: 0 }, draftEffects(draft.pictures)];
    }
    case "estimated":
      return [{ ...state, estimate: intent.estimate }, []];
    case "added":
      return onAdded(state, intent.added);
    case "pastedText":
      return step(state, { is: "type", text: state.draft.text + intent.text });
    case "pageChosen":
      return onPage(state, intent.of, intent.picture);
    case "pagesChosen":
      return onPages(state, intent.of, intent.pictures);
    case "askPages": {
      if (liveHere(state) !== null || isSendingHere(state)) return [state, []];
      const [next] = onPages(state, intent.of, intent.pictures);
      return send({ ...next, draft: { ...next.draft, text: intent.text } }, intent.by, intent.then);
    }
    case "unlocked": {
      const { picture } = intent;
      const next: AppState = { ...state, overlay: { at: "none" }, unlocks: state.unlocks + 1 };
      const isHere = numbered(state).some((one) => fileOf(one.attachment.picture) === fileOf(picture.id));
      if (isHere) return [{ ...next, notices: withoutLocked(next, picture.id) }, [{ do: "estimate", soon: false }, { do: "prepare" }]];
      const [added, effects] = onAdded({ ...next, notices: withoutLocked(next, picture.id) }, { pictures: [picture], faults: [] });
      return [added, effects];
    }
    case "unlockFailed": {
      const { overlay } = state;
      if (overlay.at !== "unlock" || overlay.id !== intent.id) return [withError(state, intent.error, null), []];
      return [{ ...state, overlay: { ...overlay, isBusy: false, error: intent.error } }, []];
    }
    case "modelsListed":
      return [{ ...state, models: intent.models }, []];
    case "copiesListed":
      return [{ ...state, copies: intent.copies }, []];
    case "privateBegun": {
      const next: AppState = { ...withoutPrivate(state), ...CLEAN, chat: intent.chat, opening: null };
      // The shell ended the private chat before it began this one.
      return [saying(next, { at: "private" }), isPrivate(state) ? [] : leaving(state)];
    }
    case "settingsKept":
      return [{ ...state, settings: intent.settings }, []];
    case "linkChecked":
      return [{ ...state, overlay: { at: "link", link: intent.link, from: intent.from } }, []];
    case "did": {
      const noticed = withNotice(state, { key: "done", kind: "done", what: intent.what });
      return [saying(noticed, { at: intent.what.at === "copied" ? "copied" : "saved" }), []];
    }

    case "call": {
      const { is: _, ...call } = intent;
      return [state, [{ do: "call", ...call }]];
    }
    case "type": {
      const draft = { ...state.draft, text: intent.text };
      const begins = state.draft.text === "" && intent.text !== "" && draft.pictures.length > 0;
      const effects: Effect[] = [...keep(state, draft, true), { do: "estimate", soon: true }];
      return [{ ...state, draft }, begins ? [...effects, { do: "prepare" }] : effects];
    }
    case "addSample": {
      const text = state.draft.text === "" ? intent.sample.question : state.draft.text;
      return [{ ...state, draft: { ...state.draft, text } }, [called("addSample", intent.sample.name)]];
    }
    case "removePicture":
      return withPictures(state, state.draft.pictures.filter((_, index) => index !== intent.index));
    case "setRegion":
      return changeOnStage(state, intent.number, (attachment) => ({ ...attachment, region: intent.region }));
    case "turn":
      return changeOnStage(state, intent.number, (attachment) => ({ ...attachment, turn: (attachment.turn + intent.by + 4) % 4 }));
    case "choosePage": {
      const picture = numbered(state)[intent.number]?.picture;
      if (!picture) return [state, []];
      const page = pageOf(picture.notes);
      if (!page || !Number.isInteger(intent.page)) return [state, []];
      const wanted = clamp(intent.page, 1, page.of);
      if (wanted === page.shown) return [state, []];
      const onStage = intent.number === state.onStage ? documentOnStage(state) : null;
      if (onStage?.chosen.includes(wanted)) return [showPage(state, wanted), []];
      // Of several that are chosen, another takes the place of all.
      if (onStage && onStage.chosen.length > 1) return [state, [called("choosePages", picture.id, [wanted])]];
      return [state, [called("choosePage", picture.id, wanted)]];
    }
    case "choosePages": {
      const onStage = documentOnStage(state);
      const pages = onStage ? intent.pages.filter((page) => page >= 1 && page <= onStage.page.of) : [];
      return [state, onStage && pages.length > 0 ? [called("choosePages", onStage.picture.id, pages)] : []];
    }
    case "showPage":
      return [showPage(state, intent.page), []];
    case "eachPage": {
      const onStage = documentOnStage(state);
      if (!onStage || liveHere(state) !== null || isSendingHere(state)) return [state, []];
      const { picture, page, chosen } = onStage;
      const pages = chosen.length > 1 ? chosen : range(1, page.of);
      const text = state.draft.text.trim() || intent.text;
      return [state, [{ do: "askPages", of: picture.id, pages, text, by: "pages", then: intent.then }]];
    }
    case "readFromPage": {
      const onStage = documentOnStage(state);
      if (!onStage || liveHere(state) !== null || isSendingHere(state)) return [state, []];
      const { picture, page } = onStage;
      return [state, [{ do: "askPages", of: picture.id, pages: range(page.shown, page.of), text: intent.text, by: "reader", then: { do: "aloud" } }]];
    }
    case "summarisePages":
      return summarise(state, intent.text);
    case "firstPictures":
      return withPictures(state, state.draft.pictures.slice(0, intent.n));
    case "unlock": {
      const { overlay } = state;
      const busy: AppState = overlay.at === "unlock" ? { ...state, overlay: { ...overlay, isBusy: true, error: null } } : state;
      return [busy, [{ do: "unlock", id: intent.id, password: intent.password }]];
    }
    case "setDetail": {
      const pictures = state.draft.pictures.map((attachment) => ({ ...attachment, maxSide: intent.maxSide }));
      const settings = { ...state.settings, maxSide: intent.maxSide };
      const [next, effects] = withPictures({ ...state, settings }, pictures);
      return [next, [...effects, { do: "keepSettings", settings, soon: true }]];
    }
    case "stage": {
      const all = numbered(state);
      const onStage = clamp(intent.number, 0, Math.max(0, all.length - 1));
      const page = pageOf(all[onStage]?.picture?.notes ?? []);
      return [page ? saying({ ...state, onStage }, { at: "page", ...page }) : { ...state, onStage }, []];
    }

    case "send":
      return canSend(state) ? send(state, "model") : [state, []];
    case "quick": {
      if (liveHere(state) !== null || isSendingHere(state)) return [state, []];
      return send({ ...state, draft: { ...state.draft, text: intent.text } }, intent.by);
    }
    case "stop":
      return [withLive(state, intent.answerId, (live) => ({ ...live, stopping: true })), [called("stop", intent.answerId)]];
    case "check":
      return liveHere(state) === null ? [state, [{ do: "findClaims", answer: intent.answer }, called("checkAnswer", intent.answer)]] : [state, []];
    case "again":
      return askOf(state, { kind: "again", answer: intent.answer, by: againBy(state, intent.answer) });
    case "goOn":
      return askOf(state, { kind: "continue", answer: intent.answer, atOnce: false });
    case "answerNow": {
      const live = state.live[intent.answer];
      if (!live) return askOf(state, { kind: "continue", answer: intent.answer, atOnce: true });
      if (live.phase.kind !== "thought" || live.stopping) return [state, []];
      return [withLive(state, intent.answer, (one) => ({ ...one, stopping: true, answersNext: true })), [called("stop", intent.answer)]];
    }
    case "edit": {
      const question = messages(state).find((message) => message.id === intent.question);
      if (!question || liveHere(state)) return [state, []];
      const draft = { text: question.text, pictures: question.pictures };
      const draftBefore = state.composing.at === "edit" ? state.composing.draftBefore : state.draft;
      return [{ ...state, draft, composing: { at: "edit", question: question.id, draftBefore } }, [{ do: "estimate", soon: false }]];
    }
    case "cancelEdit": {
      if (state.composing.at !== "edit") return [state, []];
      return [withStageInRange({ ...state, draft: state.composing.draftBefore, composing: { at: "new" } }), [{ do: "estimate", soon: false }]];
    }
    case "branch":
      return liveHere(state) ? [state, []] : [state, [called("chooseBranch", intent.message)]];

    case "newChat":
      return leave({ ...state, chat: null, opening: null }, state, [{ do: "readDraft" }]);
    case "newPrivateChat":
      return [{ ...state, overlay: { at: "none" }, drawer: false }, [called("privateBegin")]];
    case "openChat":
      if (state.chat?.id === intent.id) return [showFound({ ...state, drawer: false }, intent.foundBy ?? null), []];
      return [
        { ...withoutPrivate(state), texts: { ...state.texts, foundBy: intent.foundBy ?? null }, opening: intent.id, drawer: false },
        [...leaving(state), { do: "openChat", id: intent.id, withDraft: true }],
      ];
    case "search":
      return [{ ...state, search: intent.text }, [{ do: "listChats", search: intent.text, offset: 0, soon: true }]];
    case "moreChats":
      return state.chatsEnd ? [state, []] : [state, [list(state, state.chats.length)]];
    case "rename": {
      const title = intent.title.trim();
      const next = renamed(state, intent.id, title);
      return [{ ...next, overlay: { at: "none" } }, [called("chatRename", intent.id, title)]];
    }
    case "pin":
      return [pinned(state, intent.id, intent.pinned), [called("chatPin", intent.id, intent.pinned)]];
    case "delete": {
      const title = state.chats.find((chat) => chat.id === intent.id)?.title ?? (state.chat?.id === intent.id ? state.chat.title : "");
      const without = saying({ ...state, chats: state.chats.filter((chat) => chat.id !== intent.id) }, { at: "deleted" });
      const noticed = withNotice(without, { key: "undo", kind: "undoDelete", chatId: intent.id, title });
      const running = Object.entries(state.live).filter(([, live]) => live?.chatId === intent.id);
      const effects: Effect[] = [...running.map(([id]) => called("stop", Number(id))), called("chatDelete", intent.id)];
      if (state.chat?.id !== intent.id) return [noticed, effects];
      const [next, more] = leave({ ...noticed, chat: null }, null, [{ do: "readDraft" }]);
      return [next, [...effects, ...more]];
    }
    case "undoDelete":
      return [
        saying({ ...withoutNotice(state, "undo"), opening: intent.id }, { at: "restored" }),
        [called("chatRestore", intent.id), { do: "openChat", id: intent.id, withDraft: true }],
      ];
    case "purge":
      return [{ ...withoutNotice(state, "undo"), overlay: { at: "settings", page: "data" } }, [called("chatsPurge")]];
    case "forgetTexts":
      return [{ ...state, overlay: { at: "settings", page: "data" } }, [called("forgetTexts")]];
    case "restoreCopy":
      return [{ ...state, overlay: { at: "settings", page: "data" } }, [called("restoreCopy", intent.name)]];

    case "chooseModel":
      return [{ ...state, models: state.models.map((one) => ({ ...one, chosen: one.id === intent.id })) }, [called("chooseModel", intent.id)]];
    case "addTextModel":
      return [{ ...state, overlay: { at: "models" } }, [called("addTextModel")]];
    case "cancelFetch":
      return [{ ...state, overlay: { at: "models" } }, [called("cancelFetch", intent.id)]];
    case "removeModel":
      return [{ ...state, overlay: { at: "models" } }, [called("removeModel", intent.id)]];

    case "set": {
      const settings = { ...state.settings, ...intent.settings };
      return [{ ...state, settings }, [{ do: "keepSettings", settings, soon: true }]];
    }
    case "show":
      return [{ ...state, overlay: intent.overlay, drawer: false }, []];
    case "close":
      return [{ ...state, overlay: { at: "none" }, drawer: false }, []];
    case "drawer":
      return [{ ...state, drawer: intent.open }, []];
    case "dismiss":
      return [withoutNotice(state, intent.key), []];
    case "openLink":
      return [{ ...state, overlay: { at: "none" } }, [called("openLink", intent.address)]];
    case "checkLinkFrom":
      return [state, [{ do: "checkLinkFrom", from: intent.from, address: intent.address }]];
    case "fullScreen":
      return [{ ...state, fullScreen: !state.fullScreen }, [called("fullScreen", !state.fullScreen)]];
    default:
      return [updateTexts(state, intent), []];
  }
}

function onEvent(state: AppState, event: AppEvent): Step {
  switch (event.kind) {
    case "status": {
      const changed = event.status.model?.id !== state.status.model?.id || event.status.model?.speed !== state.status.model?.speed;
      return [{ ...state, status: event.status }, changed ? [{ do: "estimate", soon: true }] : []];
    }
    case "models":
      return [{ ...state, models: event.models }, []];
    case "fetch":
      return [{ ...state, models: state.models.map((one) => (one.id === event.id ? { ...one, state: event.state } : one)) }, []];
    case "chats":
      return [state, [list(state, 0)]];
    case "open":
      return step(state, { is: "openChat", id: event.chatId });
    case "dragOver":
      return state.drag.at === "over" ? [state, []] : [{ ...state, drag: { at: "over" } }, []];
    case "dragLeft":
      return [{ ...state, drag: { at: "none" } }, []];
    case "adding":
      return [{ ...state, drag: { at: "adding", nFiles: event.nFiles } }, []];
    case "added":
      return onAdded({ ...state, drag: { at: "none" } }, event.added);
    case "action":
      return [state, [{ do: "runAction", action: event.action }]];
    case "preparation":
      return [{ ...state, preparation: event.preparation }, []];
    case "aloud": {
      const { aloud } = event;
      if (aloud.at === "failed") return [withError({ ...state, aloud: { at: "silent" } }, aloud.error, null), []];
      const pauses = aloud.at === "speaking" && aloud.isPaused && !(state.aloud.at === "speaking" && state.aloud.isPaused);
      return [withHeard(pauses ? saying({ ...state, aloud }, { at: "paused" }) : { ...state, aloud }), []];
    }
    case "sentence": {
      // A sentence comes on another way than the words that it is made of, and may come before them.
      const live = event.answerId === null ? undefined : state.live[event.answerId];
      const { answerId } = event;
      const begun = live && answerId !== null ? withLive(begins(state, answerId, live), answerId, (one) => ({ ...one, nSentences: one.nSentences + 1 })) : state;
      return [saying(begun, { at: "sentence", text: event.text }), []];
    }
    case "check": {
      const { check, answerId } = event;
      const checks = { ...state.checks, [answerId]: check };
      if (check.at === "failed") return [withError({ ...state, checks }, check.error, { is: "check", answer: answerId }), []];
      if (check.at !== "done") return [{ ...state, checks }, []];
      return [saying({ ...state, checks }, { at: "checked", nDoubts: check.sentences.filter((one) => one.uncertain).length }), []];
    }
    case "oldPictures":
      return [{ ...state, texts: { ...state.texts, old: event.progress } }, []];
    case "privateEnded":
      return isPrivate(state) ? step(state, { is: "newChat" }) : [state, []];
    case "closing":
      return [{ ...state, closing: true }, keep(state, state.draft, false)];
    default:
      return assertNever(event);
  }
}

function onAnswer(state: AppState, event: AnswerEvent, answerId: number | null): Step {
  if (event.kind === "started") {
    const answer = event.chat.messages.find((message) => message.id === event.answerId);
    const live: Live = {
      chatId: event.chat.id, thoughts: answer?.thoughts ?? "", text: answer?.text ?? "", firstLook: "", nSentences: 0, phase: { kind: "sending" }, stopping: false, answersNext: false, then: state.sending?.then ?? null,
    };
    const here = (state.chat?.id ?? null) === event.chat.id || isSendingHere(state);
    // A private chat that was left meanwhile: its answer is stopped already.
    if (event.chat.isPrivate && state.chat?.id !== event.chat.id) return [state, []];
    const next = saying({ ...state, live: { ...state.live, [event.answerId]: live }, sending: null }, { at: "looking" });
    const aloud: Effect[] = live.then?.do === "aloud" && !state.settings.readAloud ? [called("readAloud", event.answerId)] : [];
    return [here ? withChat(next, event.chat) : next, [list(state, 0), ...aloud]];
  }
  if (answerId === null) return [state, []];
  const live = state.live[answerId];
  if (event.kind === "ended") {
    const { [answerId]: _, ...others } = state.live;
    const { text, thoughts, end } = event.message;
    const at = end?.at;
    const ended = withMessage({ ...state, live: others }, event.message);
    if (live?.answersNext && at === "stopped" && text === "") return askOf(ended, { kind: "continue", answer: answerId, atOnce: true });
    if (live?.then?.do === "summary" && at === "whole" && state.chat?.id === live.chatId) return summarise(ended, live.then.text);
    // Of one that only thought there is no answer that could be complete; the backend says so in a sentence.
    const isThoughtOnly = text === "" && thoughts !== "";
    const said: Said | null = at === "failed" || at === "stopped" ? { at } : isThoughtOnly ? null : { at: "answered", nSentences: live?.nSentences ?? 0 };
    return [said ? saying(ended, said) : ended, [{ do: "estimate", soon: true }]];
  }
  if (!live) return [state, []];
  if (event.kind === "thought") return [withLive(state, answerId, (one) => ({ ...one, thoughts: one.thoughts + event.piece, phase: event })), []];
  if (event.kind === "firstLook") return [withLive(state, answerId, (one) => ({ ...one, firstLook: event.text, phase: event })), []];
  const text = event.kind === "text" ? live.text + event.piece : live.text;
  const begun = event.kind === "text" ? begins(state, answerId, live) : state;
  return [withLive(begun, answerId, (one) => ({ ...one, text, phase: event })), []];
}

/** Says once that the answer begins. */
function begins(state: AppState, answerId: number, live: Live): AppState {
  if (live.phase.kind === "text") return state;
  const next = withLive(state, answerId, (one) => ({ ...one, phase: { kind: "text", piece: "", nTokens: 0, tokensPerS: 0 } }));
  return saying(next, { at: "answering" });
}

function onOpened(state: AppState, chat: Chat, draft: OpenDraft | null): Step {
  if (draft === null) return [state.chat?.id === chat.id ? withChat(state, chat) : state, []]; // a branch of the same chat
  if (state.opening !== chat.id) return [state, []]; // another was chosen meanwhile
  const { files, ...rest } = draft;
  const next: AppState = {
    ...state,
    chat,
    opening: null,
    draft: rest,
    composing: { at: "new" },
    files: withFiles(withFiles({}, chat.pictures), files),
    estimate: null,
    preparation: { at: "idle" },
  };
  const shown = { ...next, onStage: Math.max(0, numbered(next).length - 1), texts: { ...next.texts, foundBy: null } };
  return [showFound(shown, state.texts.foundBy), draftEffects(rest.pictures)];
}

function onAdded(state: AppState, added: Added): Step {
  const maxSide = state.settings.maxSide;
  const attachments = added.pictures.map(
    (picture): Attachment => ({ picture: picture.id, name: picture.name, region: null, turn: 0, maxSide }),
  );
  const failed = added.faults.length === 0 ? state : withNotice(state, { key: "faults", kind: "faults", faults: added.faults });
  const locked = added.faults.find((fault) => fault.locked !== null);
  const asks = locked?.locked && failed.overlay.at === "none" ? { ...failed, overlay: unlocking(locked.locked, locked.name) } : failed;
  // What only waits for its password has not failed yet.
  const noticed = asks !== failed && added.faults.length === 1 ? { ...asks, notices: state.notices } : asks;
  if (attachments.length === 0) return [noticed, []];
  const files = withFiles(state.files, added.pictures);
  const [next, effects] = withPictures({ ...noticed, files }, [...state.draft.pictures, ...attachments]);
  const first = numbered(next).length - attachments.length;
  return [saying({ ...next, onStage: first }, { at: "added", n: attachments.length }), effects];
}

/** Another page takes the place of the one that was chosen from, if that is still there. What was cut out lay on the old one. */
function onPage(state: AppState, of: string, picture: Picture): Step {
  const all = numbered(state);
  const isIt = (number: number): boolean => all[number]?.attachment.picture === of;
  const number = isIt(state.onStage) ? state.onStage : all.findIndex((one, index) => one.draftIndex !== null && isIt(index));
  if (number < 0) return [state, []];
  const files = withFiles(state.files, [picture]);
  // A page that is chosen already is shown, and not chosen twice.
  const other = all.findIndex((one, index) => index !== number && one.draftIndex !== null && one.attachment.picture === picture.id);
  const old = all[number]?.draftIndex;
  if (other >= 0 && old != null) {
    const [without, more] = withPictures({ ...state, files }, state.draft.pictures.filter((_, index) => index !== old));
    const onStage = numbered(without).findIndex((one) => one.draftIndex !== null && one.attachment.picture === picture.id);
    return [{ ...without, onStage, estimate: null }, more];
  }
  const [next, effects] = changeOnStage({ ...state, files }, number, (attachment) => ({ ...attachment, picture: picture.id, region: null }));
  const page = pageOf(picture.notes);
  const told = page ? saying(next, { at: "page", ...page }) : next;
  return [{ ...told, estimate: null }, effects];
}

/** These pages of a document take the place of those that were chosen. */
function onPages(state: AppState, of: string, pictures: Picture[]): Step {
  const file = fileOf(of);
  const shown = state.draft.pictures[numbered(state)[state.onStage]?.draftIndex ?? -1]?.picture;
  const chosen = withPages(state.draft.pictures, file, pictures, state.settings.maxSide);
  const [next, effects] = withPictures({ ...state, files: withFiles(state.files, pictures) }, chosen);
  const all = numbered(next);
  const isDraft = (picture: string | undefined): number => all.findIndex((one) => one.draftIndex !== null && one.attachment.picture === picture);
  const at = shown !== undefined && isDraft(shown) >= 0 && pictures.some((one) => one.id === shown) ? isDraft(shown) : isDraft(pictures[0]?.id);
  const onStage = at < 0 ? next.onStage : at;
  const page = pageOf(pictures[0]?.notes ?? []);
  const staged = { ...next, onStage, estimate: null };
  if (pictures.length > 1) return [saying(staged, { at: "pagesChosen", n: pictures.length }), effects];
  return [page ? saying(staged, { at: "page", ...page }) : staged, effects];
}

/** Shows a page that is chosen already. */
function showPage(state: AppState, page: number): AppState {
  const onStage = documentOnStage(state);
  if (!onStage) return state;
  const file = fileOf(onStage.picture.id);
  const isIt = (one: ReturnType<typeof numbered>[number]): boolean =>
    one.draftIndex !== null && fileOf(one.attachment.picture) === file && shownPage(state, one.attachment) === page;
  const at = numbered(state).findIndex(isIt);
  return at < 0 ? state : saying({ ...state, onStage: at }, { at: "page", ...onStage.page, shown: page });
}

/** What asks for the password of a document. */
export function unlocking(id: string, name: string): AppState["overlay"] {
  return { at: "unlock", id, name, isBusy: false, error: null };
}

/** The notices without a document that waited for its password. */
function withoutLocked(state: AppState, id: string): AppState["notices"] {
  const left = state.notices.map((notice) =>
    notice.kind === "faults" ? { ...notice, faults: notice.faults.filter((fault) => fault.locked !== fileOf(id)) } : notice,
  );
  return left.filter((notice) => !(notice.kind === "faults" && notice.faults.length === 0) && !(notice.kind === "error" && notice.error.id === "pictureEncrypted"));
}

/** The answer that follows what was said page by page, if that is the last that was said. */
function summarise(state: AppState, text: string): Step {
  if (lastAnswer(state)?.by !== "pages") return [state, []];
  return askOf(state, { kind: "new", chatId: state.chat?.id ?? null, leaf: leafOf(state), text, pictures: [], by: "summary" });
}

/** Who answers once more: a model instead of the reader, and otherwise as before. */
function againBy(state: AppState, answer: number): AnswerBy {
  const by = messages(state).find((one) => one.id === answer)?.by;
  return by === "pages" || by === "summary" ? by : "model";
}

function send(state: AppState, by: AnswerBy, then: Then = null): Step {
  const text = state.draft.text.trim();
  const pictures = state.draft.pictures;
  const chatId = state.chat?.id ?? null;
  const ask: Ask =
    state.composing.at === "edit"
      ? { kind: "edit", question: state.composing.question, text, pictures, by }
      : { kind: "new", chatId, leaf: leafOf(state), text, pictures, by };
  const draftAfter = state.composing.at === "edit" ? state.composing.draftBefore : { text: "", pictures: [] };
  const next: AppState = {
    ...state,
    draft: draftAfter,
    composing: { at: "new" },
    sending: { ask: { text, pictures }, chatId, then },
    preparation: { at: "idle" },
    estimate: null,
  };
  const effects: Effect[] = [{ do: "ask", ask, draft: { text, pictures }, composing: state.composing }, ...keep(state, draftAfter, false)];
  return [withStageInRange(next), effects];
}

function askOf(state: AppState, ask: Ask): Step {
  if (liveHere(state) !== null || isSendingHere(state)) return [state, []];
  return [state, [{ do: "ask", ask, draft: state.draft, composing: state.composing }]];
}

/** A picture of the draft is changed; one that was already asked about is attached anew, changed. */
function changeOnStage(state: AppState, number: number, change: (attachment: Attachment) => Attachment): Step {
  const one = numbered(state)[number];
  if (!one) return [state, []];
  if (one.draftIndex !== null) {
    return withPictures(state, state.draft.pictures.map((attachment, index) => (index === one.draftIndex ? change(attachment) : attachment)));
  }
  const [next, effects] = withPictures(state, [...state.draft.pictures, { ...change(one.attachment), maxSide: state.settings.maxSide }]);
  return [{ ...next, onStage: numbered(next).length - 1 }, effects];
}

function withPictures(state: AppState, pictures: Attachment[]): Step {
  const draft = { ...state.draft, pictures };
  const estimate = pictures.length === state.draft.pictures.length ? state.estimate : null;
  const next = withStageInRange({ ...state, draft, estimate });
  return [next, [...keep(state, draft, true), { do: "estimate", soon: false }, { do: "prepare" }]];
}

function draftEffects(pictures: Attachment[]): Effect[] {
  return pictures.length > 0 ? [{ do: "estimate", soon: false }, { do: "prepare" }] : [{ do: "estimate", soon: true }];
}

/** What a chat begins with. */
const CLEAN = {
  draft: { text: "", pictures: [] },
  composing: { at: "new" },
  files: {},
  onStage: 0,
  estimate: null,
  preparation: { at: "idle" },
  overlay: { at: "none" },
  drawer: false,
} satisfies Partial<AppState>;

/** Leaves what is open: its draft is kept, the next begins clean. */
function leave(state: AppState, from: AppState | null, effects: Effect[]): Step {
  const next: AppState = { ...(from === null ? state : withoutPrivate(state, from)), ...CLEAN };
  if (from !== null && from.chat === null && from.opening === null) return [{ ...state, drawer: false, overlay: { at: "none" } }, []];
  return [next, [...(from ? leaving(from) : []), ...effects]];
}

function leaving(state: AppState): Effect[] {
  const draft = state.composing.at === "edit" ? state.composing.draftBefore : state.draft;
  const ends = isPrivate(state) ? [called("privateEnd")] : [];
  return [...keep(state, draft, false), ...ends, ...(state.draft.pictures.length > 0 ? [{ do: "prepare" } as const] : [])];
}

/** Without anything of the private chat that is left. */
function withoutPrivate(state: AppState, from: AppState = state): AppState {
  if (!isPrivate(from)) return state;
  const id = from.chat?.id ?? null;
  const live = Object.fromEntries(Object.entries(state.live).filter(([, one]) => one?.chatId !== id)) as AppState["live"];
  return { ...state, ...CLEAN, live, sending: state.sending?.chatId === id ? null : state.sending, chat: state.chat?.id === id ? null : state.chat };
}

function called<Name extends CallName>(name: Name, ...args: Call<Name>["args"]): Effect {
  return { do: "call", ...({ name, args } as Call) };
}

function keep(state: AppState, draft: Draft, soon: boolean): Effect[] {
  if (isPrivate(state)) return [];
  // While a question is edited, the draft beneath it is what is stored.
  const stored = state.composing.at === "edit" && soon ? state.composing.draftBefore : draft;
  return [{ do: "keepDraft", chatId: state.chat?.id ?? null, draft: stored, soon }];
}

function list(state: AppState, offset: number): Effect {
  return { do: "listChats", search: state.search, offset, soon: false };
}

function withChat(state: AppState, chat: Chat): AppState {
  return withStageInRange({ ...state, chat, files: withFiles(state.files, chat.pictures) });
}

function withMessage(state: AppState, message: Chat["messages"][number]): AppState {
  if (!state.chat) return state;
  const at = state.chat.messages.findIndex((one) => one.id === message.id);
  if (at < 0) return state;
  return { ...state, chat: { ...state.chat, messages: state.chat.messages.with(at, message) } };
}

function withLive(state: AppState, answerId: number, change: (live: Live) => Live): AppState {
  const live = state.live[answerId];
  return live ? { ...state, live: { ...state.live, [answerId]: change(live) } } : state;
}

function withFiles(files: AppState["files"], pictures: Picture[]): AppState["files"] {
  return pictures.reduce((all, picture) => ({ ...all, [picture.id]: picture }), files);
}

function renamed(state: AppState, id: number, title: string): AppState {
  const chats = state.chats.map((chat) => (chat.id === id ? { ...chat, title } : chat));
  const chat = state.chat?.id === id ? { ...state.chat, title } : state.chat;
  return { ...state, chats, chat };
}

function pinned(state: AppState, id: number, isPinned: boolean): AppState {
  const chats = state.chats.map((chat) => (chat.id === id ? { ...chat, isPinned } : chat));
  const chat = state.chat?.id === id ? { ...state.chat, pinned: isPinned } : state.chat;
  return { ...state, chats, chat };
}

function withStageInRange(state: AppState): AppState {
  return { ...state, onStage: clamp(state.onStage, 0, Math.max(0, numbered(state).length - 1)) };
}
