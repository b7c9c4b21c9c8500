// The window's real backend: the generated commands, held against the types that the window is written with.
// A difference between the two does not compile.

import { Channel, convertFileSrc } from "@tauri-apps/api/core";
import type { UiError } from "../state/types";
import type { Backend } from "./backend";
import { commands } from "./bindings";

/** Rust answers a failed command with a `UiError`; anything else is a fault of the bridge itself. */
function asUiError(reason: unknown): UiError {
  if (typeof reason === "object" && reason !== null && "code" in reason && "message" in reason) return reason as UiError;
  return { code: "other", message: String(reason), hint: "" };
}

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (reason) {
    throw asUiError(reason);
  }
}

async function done(answer: Promise<unknown>): Promise<void> {
  await told(answer);
}

export const tauri: Backend = {
  watch: (onEvent) => done(commands.watch(new Channel(onEvent))),
  boot: () => told(commands.boot()),
  uiReady: () => done(commands.uiReady()),

  loadModel: () => done(commands.loadModel()),
  releaseModel: () => done(commands.releaseModel()),
  memory: () => told(commands.memory()),
  network: () => told(commands.network()),

  models: () => told(commands.models()),
  chooseModel: (id) => done(commands.chooseModel(id)),
  addModel: (folder) => told(commands.addModel(folder)),
  fetchModel: (id) => done(commands.fetchModel(id)),
  pauseFetch: (id) => done(commands.pauseFetch(id)),
  cancelFetch: (id) => done(commands.cancelFetch(id)),
  verifyModel: (id) => done(commands.verifyModel(id)),
  removeModel: (id) => done(commands.removeModel(id)),

  pictureUrl: (path) => convertFileSrc(path, "picture"),
  pickPictures: () => told(commands.pickPictures()),
  paste: () => told(commands.paste()),
  addSample: (name) => told(commands.addSample(name)),
  estimate: (chatId, leaf, pictures, text) => told(commands.estimate(chatId, leaf, pictures, text)),
  prepare: (chatId, leaf, pictures) => done(commands.prepare(chatId, leaf, pictures)),
  copyPicture: (id) => done(commands.copyPicture(id)),

  ask: (ask, onEvent) => done(commands.ask(ask, new Channel(onEvent))),
  stop: (answerId) => done(commands.stop(answerId)),
  readAloud: (answerId) => done(commands.readAloud(answerId)),
  aloud: (what) => done(commands.aloud(what)),
  voices: () => told(commands.voices()),
  wishes: () => told(commands.wishes()),
  checkAnswer: (answerId) => done(commands.checkAnswer(answerId)),
  stopCheck: () => done(commands.stopCheck()),
  announce: (text) => done(commands.announce(text)),

  chats: (search, deleted, offset) => told(commands.chats(search, deleted, offset)),
  chatOpen: (id) => told(commands.chatOpen(id)),
  chatRename: (id, title) => done(commands.chatRename(id, title)),
  chatPin: (id, pinned) => done(commands.chatPin(id, pinned)),
  chatDelete: (id) => done(commands.chatDelete(id)),
  chatRestore: (id) => done(commands.chatRestore(id)),
  chatsPurge: () => told(commands.chatsPurge()),
  chooseBranch: (message) => told(commands.chooseBranch(message)),
  setDraft: (chatId, draft) => done(commands.setDraft(chatId, draft)),
  draft: (chatId) => told(commands.draft(chatId)),
  chatExport: (id, format) => told(commands.chatExport(id, format)),
  chatsImport: () => told(commands.chatsImport()),

  setSettings: (settings) => told(commands.setSettings(settings)),
  folders: () => told(commands.folders()),
  openFolder: (which) => done(commands.openFolder(which)),
  checkLink: (url) => told(commands.checkLink(url)),
  openLink: (address) => done(commands.openLink(address)),
  copyText: (text) => done(commands.copyText(text)),
  setMenu: (menus, tray) => done(commands.setMenu(menus, tray)),
  setTitle: (title) => done(commands.setTitle(title)),
  fullScreen: (on) => done(commands.fullScreen(on)),
  quit: () => done(commands.quit()),
  doctor: () => told(commands.doctor()),
};
