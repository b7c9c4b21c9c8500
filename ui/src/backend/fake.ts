// A backend of the same type without anything behind it: for tests, axe and screenshots. Never in the shipped page.
// It keeps the rules of the real one: order of events, branches, soft delete, drafts, what an error looks like.

import {
  commands, defaultSettings, type Aloud, type AnswerBy, type AnswerEvent, type AppEvent, type Ask, type Attachment, type Chat, type ChatSummary, type Draft, type End,
  type ConnectedServer, type LoadedModel, type Message, type Model, type NewServer, type Picture, type Platform, type QuickAction, type Served, type Settings, type Status, type UiError,
} from "../contract";
import type { Backend } from ".";
import { pageOfFile, pictures, samples, urlOf } from "./fake-pictures";
import { answers, chatFixtures, claimsOf, models } from "./fake-fixtures";
import { textOfPicture } from "./fake-texts";
import { pageOf } from "../state/notes";

export interface FakeOptions {
  /** Milliseconds between steps; 0 answers as soon as possible. */
  stepMs: number;
  settings: Partial<Settings>;
  /** Chats to begin with: none, those of the screenshots, or a number of made ones. */
  chats: "none" | "some" | number;
  /** Where an answer goes wrong, or waits for ever so that a picture of it can be taken. */
  halt: "none" | "queued" | "loading" | "encode" | "prefill" | "thought" | "text" | "fail" | "refuse";
  /** What is said of small pictures before each answer. */
  firstLook: string;
  /** What is thought before each answer. */
  thoughts: string;
  /** The answer to give; else it depends on the question. */
  reply: string | null;
  models: Model[];
  model: LoadedModel | null;
  locale: string;
  platform: Platform;
  failBoot: boolean;
}

export const POCKET: LoadedModel = {
  id: "pocket", name: "Pocket", builtIn: true, readsPictures: true, picturesGoTo: null, device: "CPU (16 threads)", deviceNotes: [], kernels: "AVX-512 VNNI",
  context: 4096, weightsBytes: 9_600_000, cacheBytes: 8_400_000, loadS: 0.02, maxSide: 512, minSide: 64, unit: 16,
  speed: { pictureS: 0.1, prefillTokensPerS: 5200, decodeTokensPerS: 610 },
};

export const PIXTRAL: LoadedModel = {
  id: "pixtral-12b-q4_k_m", name: "Pixtral 12B", builtIn: false, readsPictures: true, picturesGoTo: null, device: "CPU (16 threads)",
  deviceNotes: ["No graphics card: this build has none of its drivers."], kernels: "AVX-512 VNNI",
  context: 16_384, weightsBytes: 8_350_000_000, cacheBytes: 2_680_000_000, loadS: 6.2, maxSide: 1024, minSide: 128, unit: 16,
  speed: { pictureS: 17, prefillTokensPerS: 96, decodeTokensPerS: 5.2 },
};

/** What the built-in model says where it cannot answer. */
export const REFUSAL = "The built-in model cannot answer this about this picture.";

export const SETTINGS: Settings = { ...defaultSettings, split: 0.58 };

const defaults: FakeOptions = {
  stepMs: 20, settings: {}, chats: "none", halt: "none", firstLook: "", thoughts: "", reply: null, models: models(), model: POCKET, locale: "en-GB", platform: "linux", failBoot: false,
};

type Stored = { chat: Omit<Chat, "messages" | "pictures">; updatedMs: number; leaf: number | null; deleted: boolean };

/** The commands that answer something. */
type Answering = { [Name in keyof Backend as ReturnType<Backend[Name]> extends Promise<void> ? never : Name]: Backend[Name] };

// A command without an answer needs no line here: it is noted, and does nothing.
export interface Fake extends Backend {}
export class Fake implements Answering {
  readonly options: FakeOptions;
  /** Every call in order, for tests. */
  readonly calls: string[] = [];
  /** The other program that asked last. */
  lastUse: Served["lastUse"] = null;
  #tell: (event: AppEvent) => void = () => undefined;
  #settings: Settings;
  #models: Model[];
  #model: LoadedModel | null;
  #chats = new Map<number, Stored>();
  #messages = new Map<number, { chatId: number; message: Message }>();
  #drafts = new Map<number | null, Draft>();
  #next = 1000;
  #private: number | null = null;
  #stopped = new Set<number>();
  #running = 0;
  #nTokens = 1;
  #cancelConnect = (): void => undefined;
  #fetching: ReturnType<typeof setInterval> | null = null;

  constructor(options: Partial<FakeOptions> = {}) {
    this.options = { ...defaults, ...options };
    this.#settings = { ...SETTINGS, ...this.options.settings };
    this.#models = this.options.models;
    this.#model = this.options.model;
    const { chats } = this.options;
    if (chats === "some") for (const one of chatFixtures(Date.now())) this.#put(one.title, one.pinned, one.ageMs, one.messages);
    else if (chats !== "none") for (let i = 0; i < chats; i++) this.#put(`Chat number ${i + 1}`, false, i * 3_600_000, [{ role: "person", text: `Question ${i + 1}`, pictures: [] }]);
    for (const name of Object.keys(commands)) {
      if (!(name in this)) Object.assign(this, { [name]: async (...args: unknown[]) => this.#note([name, ...args.map((arg) => (typeof arg === "object" ? JSON.stringify(arg) : arg))].join(" ")) });
    }
  }

  /** For tests: what the world outside does by itself. */
  tell(event: AppEvent): void {
    this.#tell(event);
  }

  // ---- start

  watch = async (onEvent: (event: AppEvent) => void): Promise<void> => {
    this.#tell = onEvent;
  };

  boot: Backend["boot"] = async () => {
    if (this.options.failBoot) throw fault("storage", "cannot open /home/ada/.local/share/lorgnette/chats.db: the disk is read-only", "Make the folder writable, or choose another with LORGNETTE_HOME.");
    return {
      version: "0.1.0", releasesHost: "api.github.com", platform: this.options.platform, locale: this.options.locale, settings: this.#settings, status: this.#status(),
      chats: this.#list("", false, 0), models: this.#models, samples,
    };
  };

  #status(): Status {
    const state: Status["state"] = this.#running > 0 ? { at: "answering", answerId: 0 } : this.#model ? { at: "ready" } : { at: "noModel" };
    return { state, model: this.#model, nQueued: 0 };
  }

  #changed(): void {
    this.#tell({ kind: "status", status: this.#status() });
  }

  loadModel = async (): Promise<void> => {
    this.#note("loadModel");
    this.#model = this.options.model ?? POCKET;
    this.#changed();
  };

  releaseModel = async (): Promise<void> => {
    this.#note("releaseModel");
    this.#model = null;
    this.#changed();
  };

  memory = async () => ({
    model: this.#model && { name: this.#model.name, weightsBytes: this.#model.weightsBytes, cacheBytes: this.#model.cacheBytes },
    processBytes: 11_420_000_000, peakBytes: 11_900_000_000, totalBytes: 33_500_000_000, availableBytes: 18_200_000_000,
  });

  network = async () => ({ supported: true, sockets: [], nDownloads: this.#fetching ? 1 : 0 });

  // ---- models

  models = async (): Promise<Model[]> => this.#models;

  chooseModel = async (id: string): Promise<void> => {
    this.#note(`chooseModel ${id}`);
    this.#models = this.#models.map((model) => ({ ...model, chosen: model.id === id, inUse: model.id === id }));
    const chosen = this.#models.find((model) => model.id === id);
    const picturesGoTo = chosen?.state.at === "remote" ? chosen.state.host : null;
    this.#model = id === "pocket" ? POCKET : { ...PIXTRAL, id, name: chosen?.name ?? id, picturesGoTo };
    this.#changed();
  };

  addModel: Backend["addModel"] = async (folder) => {
    this.#note(`addModel ${folder}`);
    return folder ? { kind: "used", models: this.#models } : { kind: "textOnly", name: "words-q8_0.gguf" };
  };

  addTextModel = async (): Promise<Model[]> => {
    this.#note("addTextModel");
    return this.#models;
  };

  fetchModel = async (id: string): Promise<void> => {
    this.#note(`fetchModel ${id}`);
    const model = this.#models.find((one) => one.id === id);
    if (!model) return;
    const from = "doneBytes" in model.state ? model.state.doneBytes : 0;
    let doneBytes = from;
    const bytesPerS = 42_000_000;
    const step = (): void => {
      doneBytes = Math.min(model.fetchBytes, doneBytes + bytesPerS / 4);
      const done = doneBytes >= model.fetchBytes;
      this.#setModel(id, done
        ? { at: "installed", path: `/home/ada/.local/share/lorgnette/models/${id}`, madeHere: true }
        : { at: "fetching", phase: "fetching", doneBytes, totalBytes: model.fetchBytes, bytesPerS, leftS: (model.fetchBytes - doneBytes) / bytesPerS, trouble: null });
      if (done) this.#endFetch();
    };
    step();
    this.#fetching = setInterval(step, 250);
  };

  #endFetch(): void {
    if (this.#fetching) clearInterval(this.#fetching);
    this.#fetching = null;
  }

  #setModel(id: string, state: Model["state"]): void {
    this.#models = this.#models.map((model) => (model.id === id ? { ...model, state } : model));
    this.#tell({ kind: "models", models: this.#models });
  }

  pauseFetch = async (id: string): Promise<void> => {
    this.#note(`pauseFetch ${id}`);
    this.#endFetch();
    const model = this.#models.find((one) => one.id === id);
    if (model?.state.at === "fetching") this.#setModel(id, { at: "paused", doneBytes: model.state.doneBytes, totalBytes: model.state.totalBytes });
  };

  cancelFetch = async (id: string): Promise<void> => {
    this.#note(`cancelFetch ${id}`);
    this.#endFetch();
    this.#setModel(id, { at: "offered" });
  };

  connectServer = async (server: NewServer): Promise<ConnectedServer | null> => {
    this.#note(`connectServer ${server.name} ${server.url}`);
    const host = server.url.replace(/^https?:\/\//, "").replace(/\/.*$/, "");
    if (host === "nobody.example") throw { ...fault("unavailable", `${host} cannot be reached: connection refused`, "start the server"), id: "serverNotThere", with: { host, reason: "connection refused" } };
    if (host === "slow.example") return new Promise((done) => (this.#cancelConnect = () => done(null)));
    const [id, model] = [`server:${server.name}`, server.model || "pixtral-12b"];
    const base = this.#models[0];
    if (base) this.#models = [...this.#models.filter((one) => one.id !== id), { ...base, id, name: `${model} at ${host}`, about: "", chosen: false, inUse: false, state: { at: "remote", server: server.name, host } }];
    return { id, model, host, keyFile: null };
  };

  cancelConnect = async (): Promise<void> => {
    this.#note("cancelConnect");
    this.#cancelConnect();
  };

  served = async (): Promise<Served> => {
    const { serve, servePort } = this.#settings;
    const lastUse = this.lastUse;
    return { address: serve ? `http://127.0.0.1:${servePort}` : null, error: null, lastUse };
  };

  serverToken = async (anew: boolean): Promise<string> => {
    this.#note(`serverToken ${anew}`);
    if (anew) this.#nTokens += 1;
    return `lorgnette-token-${this.#nTokens}`;
  };

  forgetServer = async (name: string): Promise<void> => {
    this.#note(`forgetServer ${name}`);
    this.#models = this.#models.filter((one) => one.id !== `server:${name}`);
  };

  removeModel = async (id: string): Promise<void> => {
    this.#note(`removeModel ${id}`);
    this.#setModel(id, { at: "offered" });
  };

  // ---- pictures

  pictureUrl = (path: string): string => urlOf(path);

  pickPictures = async () => {
    this.#note("pickPictures");
    const { notice } = pictures;
    return { pictures: [notice], faults: [] };
  };

  paste = async () => {
    this.#note("paste");
    return { kind: "pictures" as const, added: { pictures: [pictures.receipt], faults: [] } };
  };

  addSample = async (name: string) => {
    this.#note(`addSample ${name}`);
    const picture = Object.entries(pictures).find(([key]) => key === name)?.[1];
    if (!picture) throw fault("notFound", `there is no sample ${name}`, "Choose one of those that are shown.");
    return { pictures: [picture], faults: [] };
  };

  choosePage = async (id: string, page: number): Promise<Picture> => {
    this.#note(`choosePage ${id} ${page}`);
    const [file] = id.split("-");
    return pageOfFile(file ?? id, page);
  };

  estimate: Backend["estimate"] = async (leaf, attached, text) => {
    const model = this.#model ?? POCKET;
    const all = attached.map((one) => {
      const picture = pictureOf(one.picture);
      const of = one.region ?? picture;
      const [width, height] = one.turn % 2 === 0 ? [of.width, of.height] : [of.height, of.width];
      const most = Math.min(one.maxSide ?? model.maxSide, model.maxSide);
      const ratio = Math.max(1, width / most, height / most);
      const cols = Math.ceil(width / ratio / 16);
      const rows = Math.ceil(height / ratio / 16);
      const tokens = rows * (cols + 1);
      const waitS = waitOf(model, rows * cols, tokens);
      return { nTokens: tokens, rows, cols, modelViewWidth: cols * 16, modelViewHeight: rows * 16, kvBytes: tokens * 163_840, waitS, notes: picture.notes };
    });
    const words = Math.ceil(text.length / 4);
    const chatTokens = leaf === null ? 0 : this.#branch(this.#found(leaf).chatId).reduce((sum, message) => sum + Math.ceil(message.text.length / 4) + message.pictures.length * 1056, 0);
    const nTokens = all.reduce((sum, one) => sum + one.nTokens, words);
    const perPicture = Math.max(1, ...all.map((one) => one.nTokens));
    const fit = chatTokens + nTokens <= model.context ? null : { nPictures: Math.floor((model.context * 0.875 - chatTokens) / perPicture), maxSide: model.minSide };
    return {
      pictures: all,
      nTokens,
      waitS: model.speed ? all.reduce((sum, one) => sum + (one.waitS ?? 0), waitOf(model, 0, words) ?? 0) : null,
      chatTokens, context: model.context, fit,
    };
  };

  prepare: Backend["prepare"] = async (_leaf, attached) => {
    this.#note(`prepare ${attached.length}`);
    if (this.options.halt === "encode") return;
    this.#tell({ kind: "preparation", preparation: attached.length > 0 ? { at: "ready" } : { at: "idle" } });
  };

  // ---- reading aloud and checking

  #aloud: Aloud = { at: "silent" };

  #speak(aloud: Aloud): void {
    this.#aloud = aloud;
    this.#tell({ kind: "aloud", aloud });
  }

  readAloud = async (answerId: number): Promise<void> => {
    this.#note(`readAloud ${answerId}`);
    this.#spoken = 0;
    this.#sentence(answerId);
  };

  #spoken = 0;

  #sentence(answerId: number): void {
    const { text, by } = this.#found(answerId).message;
    const all = by === "reader" ? text.split("\n").filter(Boolean) : [/^[^.]*\./.exec(text.replace(/[*_`#]/g, ""))?.[0] ?? ""];
    this.#spoken = Math.min(all.length - 1, Math.max(0, this.#spoken));
    const bytes = new TextEncoder();
    const shown = all[this.#spoken] ?? "";
    const before = by === "reader" ? text.split("\n").filter(Boolean).slice(0, this.#spoken) : [];
    const from = before.reduce((at, line) => text.indexOf(line, at) + line.length, 0);
    const start = bytes.encode(text.slice(0, Math.max(from, text.indexOf(shown, from)))).length;
    this.#speak({ at: "speaking", answerId, index: this.#spoken, shown, source: { start, end: start + bytes.encode(shown).length }, isPaused: false });
  }

  aloud: Backend["aloud"] = async (what) => {
    this.#note(`aloud ${what}`);
    if (what === "stop") this.#speak({ at: "silent" });
    else if (this.#aloud.at === "speaking" && (what === "next" || what === "previous")) {
      this.#spoken += what === "next" ? 1 : -1;
      this.#sentence(this.#aloud.answerId);
    } else if (this.#aloud.at === "speaking" && (what === "pause" || what === "resume")) this.#speak({ ...this.#aloud, isPaused: what === "pause" });
  };

  keyBindings: Backend["keyBindings"] = async () =>
    (["screen", "window", "region", "text", "clipboard", "again", "silence"] satisfies QuickAction[]).map((action, i) => {
      const usualKeys = `Ctrl+Alt+Shift+${"SWRTVAX"[i]}`;
      const keys = this.#settings.anywhereKeys[action] ?? usualKeys;
      const purpose = action === "again" || action === "silence" ? null : action === "text" ? "text" : "brief";
      return { action, keys, usualKeys, purpose, fault: action === "text" ? "HotKey already registered" : null };
    });

  voices = async () => [{ name: "English (Great Britain)", language: "en" }, { name: "French (France)", language: "fr" }];

  checkAnswer = async (answerId: number): Promise<void> => {
    this.#note(`checkAnswer ${answerId}`);
    const paragraphs = this.#found(answerId).message.text.replace(/[*_`#]/g, "").split(/\n\s*\n/).filter((text) => !text.startsWith("|"));
    const sentences = paragraphs.flatMap((text) => text.split(/(?<=\.)\s+/)).map((shown, index) => ({
      shown, uncertain: index === 1, nAgree: index === 1 ? 2 : 5, nSamples: 5, instead: index === 1 ? ["It leaves at ten."] : [],
    }));
    this.#tell({ kind: "check", answerId, check: { at: "running", nDone: 2, nSamples: 5 } });
    await new Promise((resolve) => setTimeout(resolve, this.options.stepMs));
    this.#tell({ kind: "check", answerId, check: { at: "done", sentences } });
  };

  // ---- the text of pictures

  pictureText: Backend["pictureText"] = async (picture) => {
    this.#note(`pictureText ${picture}`);
    await new Promise((resolve) => setTimeout(resolve, this.options.stepMs));
    return textOfPicture(picture);
  };

  answerClaims: Backend["answerClaims"] = async (answer) => {
    this.#note(`answerClaims ${answer}`);
    const { chatId, message } = this.#found(answer);
    const ids = this.#branch(chatId).flatMap((one) => one.pictures.map((attached) => attached.picture));
    return claimsOf(message.text, [...new Set(ids)]);
  };

  // ---- asking

  ask = async (ask: Ask, onEvent: (event: AnswerEvent) => void): Promise<void> => {
    this.#note(`ask ${JSON.stringify(ask)}`);
    const { halt, stepMs } = this.options;
    if (halt === "refuse") throw fault("contextFull", "the question has 9,120 tokens, and the chat has room for 4,096", "Lower the detail, or begin a new chat.");
    const wait = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, stepMs));
    const { chatId, answer } = this.#begin(ask);
    const id = answer.id;
    onEvent({ kind: "started", chat: this.#chat(chatId), answerId: id });
    this.#tell({ kind: "chats" });
    this.#running += 1;
    this.#changed();
    const asked = this.#branch(chatId).filter((message) => message.role === "person").at(-1);
    const exact = (asked?.pictures ?? []).map((one) => textOfPicture(one.picture).text).filter(Boolean).join("\n\n");
    const said = this.options.reply ?? answers(asked?.text ?? "");
    const headingOf = ({ picture, name }: Attachment): string => {
      const page = pageOf(pictureOf(picture).notes);
      return page ? `Page ${page.shown} of ${page.of}` : name;
    };
    const pageByPage = (asked?.pictures ?? []).map((one) => `## ${headingOf(one)}\n\n${said}`).join("\n\n");
    const reply = answer.by === "reader" ? exact : answer.by === "pages" ? pageByPage : said;
    const stops = (): boolean => this.#stopped.has(id);
    const halted = async (): Promise<void> => {
      while (!stops()) await wait();
    };

    let end: End = { at: "whole" };
    let text = ask.kind === "continue" ? answer.text : "";
    let thoughts = ask.kind === "continue" ? answer.thoughts : "";
    const nPictures = asked?.pictures.length ?? 0;
    const inPieces = (words: string): string[] => words.match(/\s*\S+/g) ?? [];
    steps: {
      if (halt === "queued") {
        onEvent({ kind: "queued", nBefore: 2 });
        await halted();
      }
      if (halt === "loading") {
        onEvent({ kind: "loading", doneBytes: 3_100_000_000, totalBytes: 8_350_000_000 });
        await halted();
      }
      for (const [index] of (nPictures > 0 ? inPieces(this.options.firstLook) : []).entries()) {
        if (stops()) break steps;
        onEvent({ kind: "firstLook", text: inPieces(this.options.firstLook).slice(0, index + 1).join("") });
        await wait();
      }
      for (let picture = 0; picture < nPictures; picture++) {
        for (let done = 1; done <= 5; done++) {
          if (stops()) break steps;
          onEvent({ kind: "encode", picture, nPictures, done: done * 4, total: 24 });
          if (halt === "encode" && done === 3) await halted();
          await wait();
        }
      }
      const totalTokens = Math.max(12, nPictures * 2340);
      for (let part = 1; part <= 4; part++) {
        if (stops()) break steps;
        onEvent({ kind: "prefill", doneTokens: Math.round((totalTokens * part) / 4), totalTokens, cachedTokens: nPictures ? 0 : 2352 });
        if (halt === "prefill" && part === 2) await halted();
        await wait();
      }
      if (halt === "fail") {
        end = { at: "failed", error: fault("engine", "the cache could not grow to 16,384 tokens: 2.7 GB needed, 1.1 GB free", "Close other programs, or choose a shorter chat in Settings.") };
        break steps;
      }
      const isAtOnce = answer.by === "reader" || text !== "" || (ask.kind === "continue" && ask.atOnce);
      const toThink = isAtOnce ? [] : inPieces(this.options.thoughts.slice(thoughts.length));
      for (const [index, piece] of toThink.entries()) {
        if (stops()) break steps;
        thoughts += piece;
        onEvent({ kind: "thought", piece, nTokens: index + 1, tokensPerS: 5.2 });
        if (halt === "thought" && index > toThink.length * 0.6) await halted();
        await wait();
      }
      const pieces = inPieces(reply);
      for (const [index, piece] of pieces.entries()) {
        if (stops()) break steps;
        text += piece;
        onEvent({ kind: "text", piece, nTokens: index + 1, tokensPerS: 5.2 });
        if (halt === "text" && index > pieces.length * 0.6) await halted();
        await wait();
      }
    }
    if (stops()) end = { at: "stopped" };
    const tokens = Math.ceil(text.length / 4);
    const message: Message = {
      ...answer, thoughts, text, language: "en", end, isRefusal: text === REFUSAL,
      took: answer.by === "reader" ? null : { thoughtS: thoughts === "" ? 0 : 12, encodeS: 12.2, prefillS: 24.4, decodeS: tokens / 5.2, firstTokenS: nPictures ? 36.9 : 1.1, readTokens: 2352, cachedTokens: nPictures ? 0 : 2352, answerTokens: tokens, tokensPerS: 5.2 },
    };
    this.#messages.set(id, { chatId, message });
    this.#running -= 1;
    onEvent({ kind: "ended", message: this.#withSiblings(message, chatId) });
    this.#changed();
    this.#tell({ kind: "chats" });
  };

  #begin(ask: Ask): { chatId: number; answer: Message } {
    if (ask.kind === "continue") {
      const found = this.#found(ask.answer);
      this.#stopped.delete(ask.answer);
      const answer = { ...found.message, end: null };
      this.#messages.set(answer.id, { chatId: found.chatId, message: answer });
      return { chatId: found.chatId, answer };
    }
    if (ask.kind === "again") {
      const found = this.#found(ask.answer);
      return this.#answerTo(found.chatId, found.message.parent, ask.by);
    }
    if (ask.kind === "edit") {
      const found = this.#found(ask.question);
      const question = this.#add(found.chatId, found.message.parent, "person", ask.text, ask.pictures);
      return this.#answerTo(found.chatId, question.id, ask.by);
    }
    const chatId = ask.chatId ?? this.#put(ask.text.slice(0, 48), false, 0, []);
    const question = this.#add(chatId, ask.leaf, "person", ask.text, ask.pictures);
    return this.#answerTo(chatId, question.id, ask.by);
  }

  #answerTo(chatId: number, question: number | null, by: AnswerBy): { chatId: number; answer: Message } {
    return { chatId, answer: this.#add(chatId, question, "model", "", [], by) };
  }

  #add(chatId: number, parent: number | null, role: Message["role"], text: string, attached: Attachment[], by: AnswerBy = "model"): Message {
    const message: Message = {
      id: this.#next++, parent, role, thoughts: "", text, language: text ? "en" : null, pictures: attached, createdMs: Date.now(), siblings: [], end: null,
      modelName: role === "model" && by === "model" ? (this.#model?.name ?? null) : null, took: null, by, isRefusal: false,
    };
    this.#messages.set(message.id, { chatId, message });
    const stored = this.#chats.get(chatId);
    if (stored) {
      stored.leaf = message.id;
      stored.updatedMs = Date.now();
    }
    return message;
  }

  stop = async (answerId: number): Promise<void> => {
    this.#note(`stop ${answerId}`);
    this.#stopped.add(answerId);
  };

  // ---- chats

  #put(title: string, pinned: boolean, ageMs: number, messages: { role: Message["role"]; text: string; pictures: Attachment[]; end?: End }[]): number {
    const id = this.#next++;
    this.#chats.set(id, { chat: { id, title, pinned, isPrivate: false, createdMs: Date.now() - ageMs }, updatedMs: Date.now() - ageMs, leaf: null, deleted: false });
    let parent: number | null = null;
    for (const one of messages) {
      const message = this.#add(id, parent, one.role, one.text, one.pictures);
      if (one.role === "model") {
        const took = { thoughtS: 0, encodeS: 12.2, prefillS: 24.4, decodeS: 18, firstTokenS: parent === null ? 36.9 : 1.2, readTokens: 2352, cachedTokens: 0, answerTokens: Math.ceil(one.text.length / 4), tokensPerS: 5.2 };
        this.#messages.set(message.id, { chatId: id, message: { ...message, end: one.end ?? { at: "whole" }, took, modelName: "Pixtral 12B" } });
      }
      parent = message.id;
    }
    const stored = this.#chats.get(id);
    if (stored) stored.updatedMs = Date.now() - ageMs;
    return id;
  }

  #found(id: number): { chatId: number; message: Message } {
    const found = this.#messages.get(id);
    if (!found) throw fault("notFound", `there is no message ${id}`, "The list of chats was read again.");
    return found;
  }

  #withSiblings(message: Message, chatId: number): Message {
    const siblings = [...this.#messages.values()].filter((one) => one.chatId === chatId && one.message.parent === message.parent && one.message.role === message.role).map((one) => one.message.id);
    return { ...message, siblings };
  }

  #branch(chatId: number): Message[] {
    const branch: Message[] = [];
    let at = this.#chats.get(chatId)?.leaf ?? null;
    while (at !== null) {
      const { message } = this.#found(at);
      branch.unshift(this.#withSiblings(message, chatId));
      at = message.parent;
    }
    return branch;
  }

  #chat(id: number): Chat {
    const stored = this.#chats.get(id);
    if (!stored || stored.deleted) throw fault("notFound", `there is no chat ${id}`, "The list of chats was read again.");
    const messages = this.#branch(id);
    const ids = new Set(messages.flatMap((message) => message.pictures.map((one) => one.picture)));
    return { ...stored.chat, messages, pictures: [...ids].map(pictureOf) };
  }

  #list(search: string, deleted: boolean, offset: number): ChatSummary[] {
    const wanted = search.trim().toLowerCase();
    const all = [...this.#chats.values()].filter((one) => one.deleted === deleted && !one.chat.isPrivate);
    const rows = all.map(({ chat, updatedMs }): ChatSummary | null => {
      const messages = this.#branch(chat.id);
      const ids = new Set(messages.flatMap((message) => message.pictures.map((one) => one.picture)));
      const hit = wanted ? messages.find((message) => message.text.toLowerCase().includes(wanted)) : undefined;
      const shown = wanted && !hit ? [...ids].find((one) => textOfPicture(one).text.toLowerCase().includes(wanted)) : undefined;
      if (wanted && !hit && !shown && !chat.title.toLowerCase().includes(wanted)) return null;
      return { id: chat.id, title: chat.title, isPinned: chat.pinned, updatedMs, firstPicture: [...ids][0] ?? null, nPictures: ids.size, isAnswering: messages.at(-1)?.role === "model" && messages.at(-1)?.end === null, snippet: hit ? snippet(hit.text, wanted) : shown ? snippet(textOfPicture(shown).text, wanted) : null, snippetPicture: hit ? null : (shown ?? null) };
    });
    return rows.filter((row) => row !== null).toSorted((a, b) => Number(b.isPinned) - Number(a.isPinned) || b.updatedMs - a.updatedMs).slice(offset, offset + 100);
  }

  choosePages = async (id: string, pages: number[]): Promise<Picture[]> => {
    this.#note(`choosePages ${id.slice(0, 1)} ${pages.join(",")}`);
    return pages.map((page) => pageOfFile(id, page));
  };

  findPages = async (id: string, text: string): Promise<number[]> => {
    this.#note(`findPages ${id.slice(0, 1)} ${text}`);
    return text.trim() === "" ? [] : [2, 5];
  };

  unlock = async (id: string, password: string): Promise<Picture> => {
    this.#note(`unlock ${id.slice(0, 1)}`);
    if (password !== "secret") throw { ...fault("picture", "report.pdf: the password does not open the document", "type it again"), id: "pictureWrongPassword", with: { name: "report.pdf" } };
    return pageOfFile(id, 1);
  };

  chats = async (search: string, deleted: boolean, offset: number): Promise<ChatSummary[]> => this.#list(search, deleted, offset);
  chatOpen = async (id: number): Promise<Chat> => this.#chat(id);

  chatRename = async (id: number, title: string): Promise<void> => this.#change(id, (stored) => (stored.chat = { ...stored.chat, title }));
  chatPin = async (id: number, pinned: boolean): Promise<void> => this.#change(id, (stored) => (stored.chat = { ...stored.chat, pinned }));
  chatDelete = async (id: number): Promise<void> => this.#change(id, (stored) => (stored.deleted = true));
  chatRestore = async (id: number): Promise<void> => this.#change(id, (stored) => (stored.deleted = false));

  #change(id: number, change: (stored: Stored) => void): void {
    const stored = this.#chats.get(id);
    if (!stored) throw fault("notFound", `there is no chat ${id}`, "The list of chats was read again.");
    change(stored);
    this.#tell({ kind: "chats" });
  }

  chatsPurge = async (): Promise<number> => {
    const gone = [...this.#chats.values()].filter((one) => one.deleted);
    for (const { chat } of gone) this.#chats.delete(chat.id);
    return gone.length;
  };

  chooseBranch = async (id: number): Promise<Chat> => {
    const { chatId } = this.#found(id);
    let leaf = id;
    for (;;) {
      const child = [...this.#messages.values()].filter((one) => one.message.parent === leaf).at(-1);
      if (!child) break;
      leaf = child.message.id;
    }
    const stored = this.#chats.get(chatId);
    if (stored) stored.leaf = leaf;
    return this.#chat(chatId);
  };

  setDraft = async (chatId: number | null, draft: Draft): Promise<void> => {
    this.#note(`setDraft ${chatId} ${draft.text}`);
    this.#drafts.set(chatId, draft);
  };

  draft = async (chatId: number | null) => {
    const draft = this.#drafts.get(chatId) ?? { text: "", pictures: [] };
    return { ...draft, files: draft.pictures.map((one) => pictureOf(one.picture)) };
  };

  privateBegin = async (): Promise<Chat> => {
    this.#note("privateBegin");
    this.#private = this.#next++;
    this.#chats.set(this.#private, { chat: { id: this.#private, title: "", pinned: false, isPrivate: true, createdMs: Date.now() }, updatedMs: Date.now(), leaf: null, deleted: false });
    return this.#chat(this.#private);
  };

  privateEnd = async (): Promise<void> => {
    this.#note("privateEnd");
    if (this.#private !== null) this.#chats.delete(this.#private);
    this.#private = null;
  };

  copies = async () => [1_795_305_600_000, 1_794_700_800_000].map((madeMs) => ({ name: `chats-${madeMs}.sqlite3`, madeMs, nBytes: 1_900_000 }));

  chatExport = async (id: number, format: "markdown" | "html"): Promise<string> => {
    this.#note(`chatExport ${id} ${format}`);
    return format === "html" ? "/home/ada/Documents/notice.html" : "/home/ada/Documents/notice/chat.md";
  };

  chatsImport = async () => null;

  // ---- the rest

  setSettings = async (settings: Settings): Promise<Settings> => {
    this.#note("setSettings");
    return (this.#settings = { ...settings, textPercent: Math.min(200, Math.max(80, settings.textPercent)) });
  };

  folders = async () => ({ data: "/home/ada/.local/share/lorgnette", config: "/home/ada/.config/lorgnette", models: "/home/ada/.local/share/lorgnette/models" });

  checkLink: Backend["checkLink"] = async (url) => {
    this.#note(`checkLink ${url}`);
    const opens = /^(https:\/\/|mailto:)/i.test(url);
    return { address: url, refused: opens ? null : "scheme" };
  };

  newestVersion = async () => ({ version: "0.2.0", page: "https://example.org/releases/0.2.0", isNewer: true });
  doctor = async () => ({ text: "lorgnette 0.1.0\nsystem      Debian GNU/Linux 12\nprocessor   x86_64, 16 threads, avx2 fma avx512f avx512vnni\nkernels     AVX-512 VNNI\nmemory      33.5 GB, 18.2 GB available\ndevice      CPU (16 threads)" });

  #note(call: string): void {
    this.calls.push(call);
  }
}

export function fault(code: UiError["code"], message: string, hint: string): UiError {
  return { code, message, hint, id: "other", with: {} };
}

function waitOf(model: LoadedModel, patches: number, tokens: number): number | null {
  const { pictureS, prefillTokensPerS } = model.speed ?? { pictureS: null, prefillTokensPerS: null };
  if (pictureS === null || prefillTokensPerS === null) return null;
  return (pictureS * patches) / (model.maxSide / 16) ** 2 + tokens / prefillTokensPerS;
}

function pictureOf(id: string): Picture {
  const [file = id, page] = id.split("-");
  const picture = Object.values(pictures).find((one) => one.id === id) ?? (file === pictures.report.id || file === pictures.long.id ? pageOfFile(file, Number(page ?? 1)) : undefined);
  if (!picture) throw fault("notFound", "this picture is no longer there", "Add it again.");
  return picture;
}

function snippet(text: string, wanted: string): string {
  const at = text.toLowerCase().indexOf(wanted);
  const from = Math.max(0, at - 16);
  return `${from > 0 ? "…" : ""}${text.slice(from, at)}\u0002${text.slice(at, at + wanted.length)}\u0003${text.slice(at + wanted.length, at + wanted.length + 48)}`.replace(/\s+/g, " ");
}

/** A fake as the page's address describes it: `?chats=some&halt=prefill&model=pixtral&theme=dark`. For screenshots. */
export function fakeFromAddress(search: string): Fake {
  const asked = new URLSearchParams(search);
  const settings: Partial<Settings> = {
    theme: (asked.get("theme") ?? "light") as Settings["theme"],
    language: (asked.get("language") ?? "en") as Settings["language"],
    textPercent: Number(asked.get("text") ?? 100),
    showChats: asked.get("list") !== "no",
  };
  const chats = asked.get("chats") ?? "none";
  const fake = new Fake({
    settings,
    stepMs: Number(asked.get("step") ?? 10),
    halt: (asked.get("halt") ?? "none") as FakeOptions["halt"],
    chats: chats === "none" || chats === "some" ? chats : Number(chats),
    model: asked.get("model") === "pixtral" ? PIXTRAL : asked.get("model") === "none" ? null : POCKET,
    models: models(asked.get("models") ?? "first", asked.get("model") === "pixtral"),
    reply: asked.get("reply"),
    firstLook: asked.get("firstLook") ?? "",
    thoughts: asked.get("thoughts") ?? "",
    failBoot: asked.get("boot") === "fail",
  });
  Object.assign(window, { fake });
  return fake;
}
