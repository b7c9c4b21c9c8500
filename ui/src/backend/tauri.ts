import { Channel, convertFileSrc, invoke } from "@tauri-apps/api/core";
import type { AnswerEvent, AppEvent, UiError } from "../state/types";
import type { Backend } from "./backend";

/** Rust answers a failed command with a `UiError`; anything else is a fault of the bridge itself. */
function asUiError(reason: unknown): UiError {
  if (typeof reason === "object" && reason !== null && "code" in reason && "message" in reason) return reason as UiError;
  return { code: "other", message: String(reason), hint: "" };
}

async function call<T>(command: string, args: Record<string, unknown> = {}): Promise<T> {
  try {
    return await invoke<T>(command, args);
  } catch (reason) {
    throw asUiError(reason);
  }
}

function channel<T>(onEvent: (event: T) => void): Channel<T> {
  const it = new Channel<T>();
  it.onmessage = onEvent;
  return it;
}

export const tauri: Backend = {
  watch: (onEvent) => call("watch", { toUi: channel<AppEvent>(onEvent) }),
  boot: () => call("boot"),
  uiReady: () => call("ui_ready"),

  loadModel: () => call("load_model"),
  releaseModel: () => call("release_model"),
  memory: () => call("memory"),
  network: () => call("network"),

  models: () => call("models"),
  chooseModel: (id) => call("choose_model", { id }),
  addModel: (folder) => call("add_model", { folder }),
  fetchModel: (id) => call("fetch_model", { id }),
  pauseFetch: (id) => call("pause_fetch", { id }),
  cancelFetch: (id) => call("cancel_fetch", { id }),
  verifyModel: (id) => call("verify_model", { id }),
  removeModel: (id) => call("remove_model", { id }),

  pictureUrl: (path) => convertFileSrc(path, "picture"),
  pickPictures: () => call("pick_pictures"),
  paste: () => call("paste"),
  addSample: (name) => call("add_sample", { name }),
  estimate: (chatId, leaf, pictures, text) => call("estimate", { chatId, leaf, pictures, text }),
  prepare: (chatId, leaf, pictures) => call("prepare", { chatId, leaf, pictures }),
  copyPicture: (id) => call("copy_picture", { id }),

  ask: (ask, onEvent) => call("ask", { ask, toUi: channel<AnswerEvent>(onEvent) }),
  stop: (answerId) => call("stop", { answerId }),

  chats: (search, deleted, offset) => call("chats", { search, deleted, offset }),
  chatOpen: (id) => call("chat_open", { id }),
  chatRename: (id, title) => call("chat_rename", { id, title }),
  chatPin: (id, pinned) => call("chat_pin", { id, pinned }),
  chatDelete: (id) => call("chat_delete", { id }),
  chatRestore: (id) => call("chat_restore", { id }),
  chatsPurge: () => call("chats_purge"),
  chooseBranch: (message) => call("choose_branch", { message }),
  setDraft: (chatId, draft) => call("set_draft", { chatId, draft }),
  draft: (chatId) => call("draft", { chatId }),
  chatExport: (id, format) => call("chat_export", { id, format }),
  chatsImport: () => call("chats_import"),

  setSettings: (settings) => call("set_settings", { settings }),
  folders: () => call("folders"),
  openFolder: (which) => call("open_folder", { which }),
  checkLink: (url) => call("check_link", { url }),
  openLink: (address) => call("open_link", { address }),
  copyText: (text) => call("copy_text", { text }),
  setMenu: (menus) => call("set_menu", { menus }),
  setTitle: (title) => call("set_title", { title }),
  fullScreen: (on) => call("full_screen", { on }),
  quit: () => call("quit"),
  doctor: () => call("doctor"),
};
