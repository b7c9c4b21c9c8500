// Where the pure state meets the world: holds the state, carries effects out on the backend, sends back what came of them.

import { getContext, setContext, tick } from "svelte";
import type { Backend } from "./backend";
import { catalogues, languageOf, type Words } from "./i18n";
import { actionFor, actions, keysOf, type Action, type ActionId, type StageDo } from "./state/actions";
import { format, type Format } from "./state/format";
import { call, meaning, retryOf, type Call, type CallName } from "./state/call";
import { coalescer } from "./state/coalesce";
import { isForTyping, shortcutOf, type Pressed } from "./state/keys";
import { leafOf, liveHere, numbered, start, type Intent, type AppState, type Numbered } from "./state/app-state";
import type { Attachment, Boot, ConnectedServer, Doctor, Folders, KeyBinding, Memory, Network, NewServer, NewestVersion, PictureText, Served, Voice } from "./contract";
import { assertNever } from "./state/assert-never";
import { asUiError } from "./state/ui-error";
import { update, type Effect } from "./state/update";

const SOON_MS = { draft: 500, estimate: 150, search: 120, settings: 300 };

const ECHO_MS = 250;

/** A person who typed this lately is taken to be typing still. */
const TYPING_MS = 1000;

/** Longer than a frame takes; a window that is not shown makes none. */
const FRAME_MS = 500;

/** Resolves when what was changed is laid out and painted, which takes longer than the change itself. */
function frame(): Promise<void> {
  return new Promise((done) => {
    const giveUp = setTimeout(done, FRAME_MS);
    requestAnimationFrame(() =>
      setTimeout(() => {
        clearTimeout(giveUp);
        done();
      }),
    );
  });
}

export class WindowState {
  state: AppState = $state.raw() as AppState;
  readonly language = $derived.by(() => languageOf(this.state.settings.language, this.state.locale));
  readonly words: Words = $derived.by(() => catalogues[this.language]);
  /** Writes numbers and times as the system's region does, where its language is the chosen one. */
  readonly format: Format = $derived.by(() => {
    const locale = this.#locale;
    return format(locale.toLowerCase().startsWith(this.language) ? locale : this.language, this.words.units);
  });
  // What changes seldom, picked out of the state, so that a letter typed or a word streamed makes only its own views anew.
  readonly #chat = $derived.by(() => this.state.chat);
  readonly #sending = $derived.by(() => this.state.sending);
  readonly #composing = $derived.by(() => this.state.composing);
  readonly #files = $derived.by(() => this.state.files);
  readonly #attached = $derived.by(() => this.state.draft.pictures);
  readonly #locale = $derived.by(() => this.state.locale);
  /** Every picture with its number. */
  readonly numbered: Numbered[] = $derived.by(() =>
    numbered({ chat: this.#chat, sending: this.#sending, composing: this.#composing, files: this.#files, draft: { pictures: this.#attached } }),
  );
  readonly actions: Action[] = $derived.by(() => actions(this.words.quick));

  #backend: Backend;
  #timers = new Map<string, ReturnType<typeof setTimeout>>();
  #stage = new Map<StageDo, () => void>();
  #estimates = 0;
  #typedAtMs = -Infinity;
  #announced: Promise<void> = Promise.resolve();
  #lastRun = { id: "", atMs: 0, by: "key" };

  constructor(backend: Backend, boot: Boot) {
    this.#backend = backend;
    this.state = start(boot);
  }

  /** What the window does first, after its first paint. Pictures that it was opened with want a chat of their own. */
  begin(): void {
    const { settings, chats, draft } = this.state;
    const [last] = chats.toSorted((a, b) => b.updatedMs - a.updatedMs);
    if (settings.reopenLastChat && last && draft.pictures.length === 0) this.send({ is: "openChat", id: last.id });
    else this.#effect({ do: "readDraft" });
  }

  send = (intent: Intent): void => {
    if (intent.is === "type") this.#typedAtMs = performance.now();
    const [next, effects] = update(this.state, intent);
    this.state = next;
    for (const effect of effects) this.#effect(effect);
  };

  /** Calls a command for what it does. */
  call = <Name extends CallName>(name: Name, ...args: Call<Name>["args"]): void => this.send(call(name, ...args));

  /** Runs an action, however it was chosen: keys, palette, button, native menu. */
  run = (id: ActionId | Action): boolean => {
    const action = typeof id === "string" ? this.actions.find((one) => one.id === id) : id;
    if (!action || !action.when(this.state)) return false;
    const outcome = action.run(this.state);
    if (outcome === null) return false;
    if ("intent" in outcome) this.send(outcome.intent);
    else this.#stage.get(outcome.stage)?.();
    return true;
  };

  /** Lets a view say how it does things with itself, for as long as it is shown. */
  offer(what: Partial<Record<StageDo, () => void>>): () => void {
    const entries = Object.entries(what) as [StageDo, () => void][];
    for (const [name, act] of entries) this.#stage.set(name, act);
    return () => {
      for (const [name, act] of entries) if (this.#stage.get(name) === act) this.#stage.delete(name);
    };
  }

  action(id: ActionId): Action {
    const action = this.actions.find((one) => one.id === id);
    if (!action) throw new Error(`no action ${id}`);
    return action;
  }

  keys(id: ActionId): string {
    return keysOf(this.action(id), this.state.settings.keys);
  }

  /** Handles every key of the page. True when the key was ours. */
  onKey(event: Pressed & { isComposing: boolean; repeat: boolean }, typing: boolean): boolean {
    if (event.isComposing) return false; // an input method is at work: its Enter is not ours
    const keys = shortcutOf(event, this.state.platform);
    if (keys === null) return false;
    if (this.state.overlay.at !== "none" && keys !== this.keys("palette")) return false; // a dialog has its own keys
    if (keys === "Esc") return this.#escape();
    if (typing && isForTyping(keys)) return false;
    const number = /^Ctrl\+([1-9])$/.exec(keys)?.[1];
    if (number) {
      this.send({ is: "stage", number: Number(number) - 1 });
      return true;
    }
    const action = actionFor(this.actions, keys, this.state.settings.keys);
    if (!action || (event.repeat && action.menu !== "picture")) return false;
    if (this.#isFirst(action.id, "key")) this.run(action);
    return true;
  }

  /** Some systems give one key press to the menu bar and to the page: it is run once, whichever comes first. */
  #isFirst(id: string, by: "key" | "menu"): boolean {
    const now = performance.now();
    const isEcho = this.#lastRun.id === id && this.#lastRun.by !== by && now - this.#lastRun.atMs < ECHO_MS;
    this.#lastRun = isEcho ? { id: "", atMs: 0, by } : { id, atMs: now, by };
    return !isEcho;
  }

  #escape(): boolean {
    if (this.state.drawer) this.send({ is: "drawer", open: false });
    else if (this.state.aloud.at === "speaking") this.send(call("aloud", "stop"));
    else if (liveHere(this.state)) this.run("stop");
    else if (this.state.composing.at === "edit") this.send({ is: "cancelEdit" });
    else return false;
    return true;
  }

  pictureUrl = (path: string): string => this.#backend.pictureUrl(path);

  // The views that show these ask for them; they are not part of the state.
  memory = (): Promise<Memory> => this.#backend.memory();
  network = (): Promise<Network> => this.#backend.network();
  folders = (): Promise<Folders> => this.#backend.folders();
  report = (): Promise<Doctor> => this.#backend.doctor();
  newestVersion = (): Promise<NewestVersion> => this.#backend.newestVersion();
  voices = (): Promise<Voice[]> => this.#backend.voices();
  connectServer = (server: NewServer): Promise<ConnectedServer | null> => this.#backend.connectServer(server);
  served = (): Promise<Served> => this.#backend.served();
  serverToken = (anew: boolean): Promise<string> => this.#backend.serverToken(anew);
  keyBindings = (): Promise<KeyBinding[]> => this.#backend.keyBindings();
  /** Tells one text after the other: two commands that are called at once may be done in either order. */
  announce = (text: string): void => {
    this.#announced = this.#announced.then(() => this.#backend.announce(text)).catch(() => undefined);
  };
  pagesWith = (picture: string, text: string): Promise<number[]> => this.#backend.findPages(picture, text);
  textOf = (picture: string): Promise<PictureText> => this.#backend.pictureText(picture);
  estimateOf = (attachment: Attachment) => this.#backend.estimate(null, [attachment], "");
  setMenu: Backend["setMenu"] = (menus, tray) => this.#backend.setMenu(menus, tray);
  setTitle: Backend["setTitle"] = (title) => this.#backend.setTitle(title);

  #failed = (reason: unknown, retry: Intent | null = null): void => {
    this.send({ is: "failed", error: asUiError(reason), retry });
  };

  /** Acts a little later, and of several calls only on the last. */
  #soon(key: string, ms: number, act: () => void): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.set(key, setTimeout(act, ms));
  }

  #effect(effect: Effect): void {
    const backend = this.#backend;
    const { send } = this;
    switch (effect.do) {
      case "ask": {
        let answerId: number | null = null;
        const tell = coalescer((event) => {
          if (event.kind === "started") answerId = event.answerId;
          send({ is: "answerEvent", event, answerId });
          return tick().then(frame);
        }, () => performance.now() - this.#typedAtMs < TYPING_MS);
        backend
          .ask(effect.ask, tell)
          .catch((reason: unknown) => {
            if (answerId === null) send({ is: "askFailed", error: asUiError(reason), draft: effect.draft, composing: effect.composing });
            else this.#failed(reason);
          });
        break;
      }
      case "call":
        this.#call(effect);
        break;
      case "listChats": {
        const list = (): void => {
          backend
            .chats(effect.search, false, effect.offset)
            .then((chats) => send({ is: "chatsListed", search: effect.search, offset: effect.offset, chats }))
            .catch(this.#failed);
        };
        if (effect.soon) this.#soon("search", SOON_MS.search, list);
        else list();
        break;
      }
      case "openChat":
        Promise.all([backend.chatOpen(effect.id), effect.withDraft ? backend.draft(effect.id) : null])
          .then(([chat, draft]) => send({ is: "chatOpened", chat, draft }))
          .catch((reason: unknown) => send({ is: "chatFailed", id: effect.id, error: asUiError(reason) }));
        break;
      case "readDraft":
        backend.draft(null).then((draft) => send({ is: "draftRead", draft })).catch(this.#failed);
        break;
      case "keepDraft": {
        const keep = (): void => void backend.setDraft(effect.chatId, effect.draft).catch(this.#failed);
        const key = `draft ${effect.chatId}`;
        if (effect.soon) this.#soon(key, SOON_MS.draft, keep);
        else {
          clearTimeout(this.#timers.get(key));
          keep();
        }
        break;
      }
      case "estimate":
        this.#soon("estimate", effect.soon ? SOON_MS.estimate : 0, () => this.#estimate());
        break;
      case "prepare":
        this.#soon("prepare", SOON_MS.estimate, () => {
          const { draft, settings } = this.state;
          const pictures = settings.prepareWhileTyping ? draft.pictures : [];
          backend.prepare(leafOf(this.state), pictures).catch(this.#failed);
        });
        break;
      case "keepSettings":
        this.#soon("settings", effect.soon ? SOON_MS.settings : 0, () => {
          const sent = this.state.settings;
          backend
            .setSettings(sent)
            // Changed again meanwhile: what was kept is already old, and the next save is on its way.
            .then((settings) => this.state.settings === sent && send({ is: "settingsKept", settings }))
            .catch(this.#failed);
        });
        break;
      case "readText":
        backend
          .pictureText(effect.picture)
          .then((text) => send({ is: "textRead", picture: effect.picture, text }))
          .catch((reason: unknown) => send({ is: "textFailed", picture: effect.picture, error: asUiError(reason) }));
        break;
      case "findClaims":
        backend.answerClaims(effect.answer).then((claims) => send({ is: "claimsFound", answer: effect.answer, claims })).catch(this.#failed);
        break;
      case "checkLinkFrom":
        backend.checkLink(effect.address).then((link) => send({ is: "linkChecked", link, from: effect.from })).catch(this.#failed);
        break;
      case "unlock":
        backend
          .unlock(effect.id, effect.password)
          .then((picture) => send({ is: "unlocked", picture }))
          .catch((reason: unknown) => send({ is: "unlockFailed", id: effect.id, error: asUiError(reason) }));
        break;
      case "askPages": {
        const { of, text, by, then } = effect;
        backend
          .choosePages(of, effect.pages)
          .then((pictures) => send({ is: "askPages", of, pictures, text, by, then }))
          .catch(this.#failed);
        break;
      }
      case "runAction":
        if (this.#isFirst(effect.action, "menu")) this.run(effect.action as ActionId);
        break;
      default:
        assertNever(effect);
    }
  }

  /** Calls a command for what it does, and says what its answer means. */
  #call(it: Call): void {
    const command = this.#backend[it.name] as (...args: unknown[]) => Promise<unknown>;
    command(...it.args)
      .then((answer) => {
        for (const intent of meaning(it, answer, this.state)) this.send(intent);
      })
      .catch((reason: unknown) => this.#failed(reason, retryOf(it)));
  }

  #estimate(): void {
    const { draft } = this.state;
    const mine = ++this.#estimates;
    this.#backend
      .estimate(leafOf(this.state), draft.pictures, draft.text)
      .then((estimate) => mine === this.#estimates && this.send({ is: "estimated", estimate }))
      .catch(this.#failed);
  }
}

const KEY = Symbol("window");

export function provide(window: WindowState): void {
  setContext(KEY, window);
}

/** The window, for views. */
export function useWindow(): WindowState {
  return getContext<WindowState>(KEY);
}
