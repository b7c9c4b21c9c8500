import type {
  Added, AloudDo, AnswerEvent, AppEvent, Ask, Attachment, Boot, Chat, ChatSummary, Draft, Estimate, Fault, Folders, Link,
  Memory, Menu, MenuItem, Model, Network, Pasted, Picture, Settings, Voice, Wish,
} from "../state/types";

/** How a picture is asked for: the part of a `picture:` address after the scheme. */
export type PicturePath = string;

/**
 * Everything outside the page. Rejections are always a `UiError`.
 * Two implementations: `tauri.ts` for the window, `fake.ts` for tests and screenshots.
 */
export interface Backend {
  /** Tells what happens unasked; called once, before `boot`. */
  watch(onEvent: (event: AppEvent) => void): Promise<void>;
  boot(): Promise<Boot>;
  uiReady(): Promise<void>;

  loadModel(): Promise<void>;
  releaseModel(): Promise<void>;
  memory(): Promise<Memory>;
  network(): Promise<Network>;

  models(): Promise<Model[]>;
  chooseModel(id: string): Promise<void>;
  addModel(folder: boolean): Promise<Model[] | null>;
  fetchModel(id: string): Promise<void>;
  pauseFetch(id: string): Promise<void>;
  cancelFetch(id: string): Promise<void>;
  verifyModel(id: string): Promise<void>;
  removeModel(id: string): Promise<void>;

  /** The address of a picture for `<img src>`. */
  pictureUrl(path: PicturePath): string;
  pickPictures(): Promise<Added | null>;
  paste(): Promise<Pasted>;
  addSample(name: string): Promise<Added>;
  estimate(chatId: number | null, leaf: number | null, pictures: Attachment[], text: string): Promise<Estimate>;
  prepare(chatId: number | null, leaf: number | null, pictures: Attachment[]): Promise<void>;
  copyPicture(id: string): Promise<void>;

  /** Resolves when the answer has ended; rejects when it could not begin. */
  ask(ask: Ask, onEvent: (event: AnswerEvent) => void): Promise<void>;
  stop(answerId: number): Promise<void>;
  readAloud(answerId: number): Promise<void>;
  aloud(what: AloudDo): Promise<void>;
  voices(): Promise<Voice[]>;
  wishes(): Promise<Wish[]>;
  checkAnswer(answerId: number): Promise<void>;
  stopCheck(): Promise<void>;
  /** Words for a screen reader, where the page's own do not reach it. */
  announce(text: string): Promise<void>;

  chats(search: string, deleted: boolean, offset: number): Promise<ChatSummary[]>;
  chatOpen(id: number): Promise<Chat>;
  chatRename(id: number, title: string): Promise<void>;
  chatPin(id: number, pinned: boolean): Promise<void>;
  chatDelete(id: number): Promise<void>;
  chatRestore(id: number): Promise<void>;
  chatsPurge(): Promise<number>;
  chooseBranch(message: number): Promise<Chat>;
  setDraft(chatId: number | null, draft: Draft): Promise<void>;
  draft(chatId: number | null): Promise<Draft & { files: Picture[] }>;
  chatExport(id: number, format: "markdown" | "html"): Promise<string | null>;
  chatsImport(): Promise<{ chats: number[]; faults: Fault[] } | null>;

  setSettings(settings: Settings): Promise<Settings>;
  folders(): Promise<Folders>;
  openFolder(which: "data" | "config" | "models"): Promise<void>;
  checkLink(url: string): Promise<Link>;
  openLink(address: string): Promise<void>;
  copyText(text: string): Promise<void>;
  setMenu(menus: Menu[], tray: MenuItem[]): Promise<void>;
  setTitle(title: string): Promise<void>;
  fullScreen(on: boolean): Promise<void>;
  quit(): Promise<void>;
  doctor(): Promise<{ text: string }>;
}
