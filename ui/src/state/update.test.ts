import { describe, expect, it } from "vitest";
import { fault, Fake, PIXTRAL, SETTINGS } from "../backend/fake";
import { canSend, liveHere, numbered, start, type Intent, type AppState } from "./app-state";
import type { AnswerEvent, Chat, Message, Picture } from "../contract";
import { update, type Effect } from "./update";

const picture = (letter: string): Picture => ({ id: letter.repeat(64), name: `${letter}.png`, width: 800, height: 600, format: "PNG", bytes: 1000, isAnimation: false, notes: [] });
const a = picture("a");
const b = picture("b");

async function begin(): Promise<AppState> {
  return start(await new Fake({ model: PIXTRAL }).boot());
}

/** Carries intents through and collects the effects. */
function run(state: AppState, ...intents: Intent[]): { state: AppState; effects: Effect[] } {
  const effects: Effect[] = [];
  for (const intent of intents) {
    const [next, more] = update(state, intent);
    state = next;
    effects.push(...more);
  }
  return { state, effects };
}

function message(id: number, role: Message["role"], parent: number | null, over: Partial<Message> = {}): Message {
  return { id, parent, role, thoughts: "", text: "", language: null, pictures: [], createdMs: 0, siblings: [id], end: null, modelName: null, took: null, by: "model", isRefusal: false, ...over };
}

function chatOf(...messages: Message[]): Chat {
  return { id: 7, title: "Seven", pinned: false, isPrivate: false, createdMs: 0, messages, pictures: [a, b] };
}

const added = (...pictures: Picture[]): Intent => ({ is: "added", added: { pictures, faults: [] } });
const event = (it: AnswerEvent, answerId: number | null = 2): Intent => ({ is: "answerEvent", event: it, answerId });
const started: Intent = event({ kind: "started", answerId: 2, chat: chatOf(message(1, "person", null, { text: "What?" }), message(2, "model", 1)) });

describe("the draft", () => {
  it("takes pictures, shows the first of them, and asks what they cost", async () => {
    const { state, effects } = run(await begin(), added(a, b));
    expect(state.draft.pictures.map((one) => one.picture)).toEqual([a.id, b.id]);
    expect(numbered(state)[state.onStage]?.attachment.picture).toBe(a.id);
    expect(effects.map((effect) => effect.do)).toEqual(["keepDraft", "estimate", "prepare", "readText"]);
  });

  it("keeps the good pictures when others fail, and says which failed", async () => {
    const refused = { name: "c.heic", error: fault("picture", "not read", ""), locked: null } as const;
    const { state } = run(await begin(), { is: "added", added: { pictures: [a], faults: [refused] } });
    expect(state.draft.pictures).toHaveLength(1);
    expect(state.notices).toEqual([{ key: "faults", kind: "faults", faults: [refused] }]);
  });

  it("begins to prepare when the first letter is typed", async () => {
    const { state } = run(await begin(), added(a));
    expect(run(state, { is: "type", text: "W" }).effects).toContainEqual({ do: "prepare" });
    expect(run({ ...state, draft: { ...state.draft, text: "W" } }, { is: "type", text: "Wh" }).effects).not.toContainEqual({ do: "prepare" });
  });

  it("turns and cuts a picture of the draft in place", async () => {
    const region = { x: 1, y: 2, width: 30, height: 40 };
    const { state } = run(await begin(), added(a), { is: "turn", number: 0, by: -1 }, { is: "setRegion", number: 0, region });
    expect(state.draft.pictures).toEqual([{ picture: a.id, name: "a.png", region, turn: 3, maxSide: null }]);
  });

  it("attaches a cut of a picture that was already asked about", async () => {
    const asked = { picture: a.id, name: "a.png", region: null, turn: 0, maxSide: null };
    const chat = chatOf(message(1, "person", null, { pictures: [asked] }), message(2, "model", 1, { end: { at: "whole" } }));
    const opened = run(await begin(), { is: "openChat", id: 7 }, { is: "chatOpened", chat, draft: { text: "", pictures: [], files: [] } }).state;
    const { state } = run(opened, { is: "setRegion", number: 0, region: { x: 0, y: 0, width: 9, height: 9 } });
    expect(state.chat?.messages[0]?.pictures).toEqual([asked]);
    expect(state.draft.pictures).toHaveLength(1);
    expect(numbered(state)).toHaveLength(2);
    expect(state.onStage).toBe(1);
  });

  it("keeps a number on the stage when a picture is removed", async () => {
    const { state } = run(await begin(), added(a, b), { is: "stage", number: 1 }, { is: "removePicture", index: 1 });
    expect(state.onStage).toBe(0);
  });
});

describe("asking", () => {
  it("sends what was drafted and empties the field", async () => {
    const { state, effects } = run(await begin(), added(a), { is: "type", text: "  What does it say? " }, { is: "send" });
    const ask = effects.find((effect) => effect.do === "ask");
    expect(ask?.ask).toMatchObject({ kind: "new", chatId: null, leaf: null, text: "What does it say?" });
    expect(state.draft).toEqual({ text: "", pictures: [] });
    expect(numbered(state)).toHaveLength(1); // the picture stays on the stage while the question is on its way
    expect(canSend({ ...state, draft: { text: "again", pictures: [] } })).toBe(false);
  });

  it("sends nothing without words", async () => {
    expect(run(await begin(), added(a), { is: "type", text: "   " }, { is: "send" }).effects.some((effect) => effect.do === "ask")).toBe(false);
  });

  it("gives the draft back when the question could not begin", async () => {
    const sent = run(await begin(), added(a), { is: "type", text: "What?" }, { is: "send" });
    const ask = sent.effects.find((effect) => effect.do === "ask");
    if (!ask) throw new Error("nothing was asked");
    const error = fault("contextFull", "too long", "shorten it");
    const { state } = run(sent.state, { is: "askFailed", error, draft: ask.draft, composing: ask.composing });
    expect(state.draft.text).toBe("What?");
    expect(state.draft.pictures).toHaveLength(1);
    expect(state.notices).toHaveLength(1);
  });

  it("goes through the phases as they are told, and keeps the text", async () => {
    const sent = run(await begin(), { is: "type", text: "What?" }, { is: "send" }, started);
    const phases: string[] = [];
    let { state } = sent;
    const events: AnswerEvent[] = [
      { kind: "queued", nBefore: 1 },
      { kind: "loading", doneBytes: 1, totalBytes: 2 },
      { kind: "encode", picture: 0, nPictures: 1, done: 4, total: 10 },
      { kind: "prefill", doneTokens: 1200, totalTokens: 2340, cachedTokens: 0 },
      { kind: "text", piece: "It ", nTokens: 1, tokensPerS: 5 },
      { kind: "text", piece: "says", nTokens: 2, tokensPerS: 5.2 },
    ];
    for (const one of events) {
      state = run(state, event(one)).state;
      phases.push(liveHere(state)?.live.phase.kind ?? "none");
    }
    expect(phases).toEqual(["queued", "loading", "encode", "prefill", "text", "text"]);
    expect(liveHere(state)?.live.text).toBe("It says");
    const ended = run(state, event({ kind: "ended", message: message(2, "model", 1, { text: "It says", end: { at: "whole" } }) })).state;
    expect(liveHere(ended)).toBeNull();
    expect(ended.chat?.messages[1]?.text).toBe("It says");
    expect(ended.said.map((one) => one.what.at).slice(-2)).toEqual(["answering", "answered"]);
  });

  it("keeps what is thought apart from the answer, which begins behind it", async () => {
    const thought = (piece: string): Intent => event({ kind: "thought", piece, nTokens: 1, tokensPerS: 5 });
    const sent = run(await begin(), { is: "type", text: "What?" }, { is: "send" }, started, thought("Is it "), thought("a cat?"));
    expect(liveHere(sent.state)?.live).toMatchObject({ thoughts: "Is it a cat?", text: "", phase: { kind: "thought" } });
    expect(sent.state.said.map((one) => one.what.at)).not.toContain("answering");
    const { state } = run(sent.state, event({ kind: "text", piece: "Yes.", nTokens: 2, tokensPerS: 5 }));
    expect(liveHere(state)?.live).toMatchObject({ thoughts: "Is it a cat?", text: "Yes.", phase: { kind: "text" } });
    expect(state.said.at(-1)?.what).toEqual({ at: "answering" });
    const whole = message(2, "model", 1, { thoughts: "Is it a cat?", text: "Yes.", end: { at: "whole" } });
    expect(run(state, event({ kind: "ended", message: whole })).state.said.at(-1)?.what.at).toBe("answered");
  });

  it("does not call an answer complete that has only thoughts", async () => {
    const sent = run(await begin(), { is: "type", text: "What?" }, { is: "send" }, started, event({ kind: "thought", piece: "Hm", nTokens: 1, tokensPerS: 5 }));
    const ended = event({ kind: "ended", message: message(2, "model", 1, { thoughts: "Hm", end: { at: "length" } }) });
    expect(run(sent.state, ended).state.said).toEqual(sent.state.said);
  });

  it("stops only to answer at once, when that is wanted of a model that thinks", async () => {
    const thinks = run(await begin(), { is: "type", text: "What?" }, { is: "send" }, started, event({ kind: "thought", piece: "Hm", nTokens: 1, tokensPerS: 5 }));
    const asked = run(thinks.state, { is: "answerNow", answer: 2 }, { is: "answerNow", answer: 2 });
    expect(asked.effects).toEqual([{ do: "call", name: "stop", args: [2] }]);
    const only = message(2, "model", 1, { thoughts: "Hm", end: { at: "stopped" } });
    const stopped = run(asked.state, event({ kind: "ended", message: only }));
    expect(stopped.effects).toMatchObject([{ do: "ask", ask: { kind: "continue", answer: 2, atOnce: true } }]);
    expect(stopped.state.said.map((one) => one.what.at)).not.toContain("stopped");
    // The answer had come meanwhile: it stays as it is.
    const whole = message(2, "model", 1, { thoughts: "Hm", text: "Yes.", end: { at: "whole" } });
    expect(run(asked.state, event({ kind: "ended", message: whole })).effects).toEqual([{ do: "estimate", soon: true }]);
    // One that ended in its thoughts goes on at once.
    const later = run(stopped.state, event({ kind: "started", answerId: 2, chat: chatOf(message(1, "person", null), only) }));
    expect(liveHere(later.state)?.live.thoughts).toBe("Hm");
    const { state } = run(thinks.state, event({ kind: "ended", message: only }));
    expect(run(state, { is: "answerNow", answer: 2 }).effects).toMatchObject([{ do: "ask", ask: { kind: "continue", answer: 2, atOnce: true } }]);
    expect(run(state, { is: "goOn", answer: 2 }).effects).toMatchObject([{ do: "ask", ask: { kind: "continue", answer: 2, atOnce: false } }]);
    // While it writes, there is nothing to cut short.
    const writes = run(thinks.state, event({ kind: "text", piece: "Yes", nTokens: 2, tokensPerS: 5 }));
    expect(run(writes.state, { is: "answerNow", answer: 2 }).effects).toEqual([]);
  });

  it("keeps an answer growing while another chat is open", async () => {
    const sent = run(await begin(), { is: "type", text: "What?" }, { is: "send" }, started);
    const other: Chat = { ...chatOf(), id: 8, messages: [] };
    const away = run(sent.state, { is: "openChat", id: 8 }, { is: "chatOpened", chat: other, draft: { text: "", pictures: [], files: [] } }, event({ kind: "text", piece: "Hello", nTokens: 1, tokensPerS: 5 }));
    expect(liveHere(away.state)).toBeNull();
    expect(away.state.live[2]?.text).toBe("Hello");
  });

  it("stops in any phase, and only says so until the end is told", async () => {
    const sent = run(await begin(), { is: "type", text: "What?" }, { is: "send" }, started, event({ kind: "prefill", doneTokens: 1, totalTokens: 2, cachedTokens: 0 }));
    const { state, effects } = run(sent.state, { is: "stop", answerId: 2 });
    expect(effects).toEqual([{ do: "call", name: "stop", args: [2] }]);
    expect(liveHere(state)?.live).toMatchObject({ stopping: true, phase: { kind: "prefill" } });
  });

  it("continues with the text that is there", async () => {
    const chat = chatOf(message(1, "person", null), message(2, "model", 1, { text: "Half of", end: { at: "stopped" } }));
    const opened = run(await begin(), { is: "openChat", id: 7 }, { is: "chatOpened", chat, draft: { text: "", pictures: [], files: [] } });
    const { state } = run(opened.state, { is: "goOn", answer: 2 }, event({ kind: "started", chat, answerId: 2 }), event({ kind: "text", piece: " it", nTokens: 1, tokensPerS: 5 }));
    expect(liveHere(state)?.live.text).toBe("Half of it");
  });

  it("edits a question without losing what was being typed", async () => {
    const chat = chatOf(message(1, "person", null, { text: "What?" }), message(2, "model", 1, { end: { at: "whole" } }));
    const opened = run(await begin(), { is: "openChat", id: 7 }, { is: "chatOpened", chat, draft: { text: "later", pictures: [], files: [] } });
    const editing = run(opened.state, { is: "edit", question: 1 });
    expect(editing.state.draft.text).toBe("What?");
    expect(run(editing.state, { is: "cancelEdit" }).state.draft.text).toBe("later");
    const sent = run(editing.state, { is: "type", text: "Where?" }, { is: "send" });
    expect(sent.effects.find((effect) => effect.do === "ask")?.ask).toMatchObject({ kind: "edit", question: 1, text: "Where?" });
    expect(sent.state.draft.text).toBe("later");
  });
});

describe("chats", () => {
  it("keeps the draft of the chat that is left", async () => {
    const { effects } = run(await begin(), { is: "type", text: "half a question" }, { is: "openChat", id: 7 });
    expect(effects).toContainEqual({ do: "keepDraft", chatId: null, draft: { text: "half a question", pictures: [] }, soon: false });
  });

  it("shows the chat that was chosen last, whichever comes first", async () => {
    const first: Chat = { ...chatOf(), id: 7 };
    const second: Chat = { ...chatOf(), id: 8 };
    const draft = { text: "", pictures: [], files: [] };
    const clicks: Intent[] = [{ is: "openChat", id: 7 }, { is: "openChat", id: 8 }];
    const answers: Intent[] = [{ is: "chatOpened", chat: first, draft }, { is: "chatOpened", chat: second, draft }];
    expect(run(await begin(), ...clicks, ...answers).state.chat?.id).toBe(8);
    expect(run(await begin(), ...clicks, ...answers.toReversed()).state.chat?.id).toBe(8);
  });

  it("deletes with a way back", async () => {
    const opened = run(await begin(), { is: "openChat", id: 7 }, { is: "chatOpened", chat: chatOf(), draft: { text: "", pictures: [], files: [] } });
    const { state, effects } = run(opened.state, { is: "delete", id: 7 });
    expect(state.chat).toBeNull();
    expect(state.notices).toEqual([{ key: "undo", kind: "undoDelete", chatId: 7, title: "Seven" }]);
    expect(effects).toContainEqual({ do: "call", name: "chatDelete", args: [7] });
    expect(run(state, { is: "undoDelete", id: 7 }).effects).toContainEqual({ do: "call", name: "chatRestore", args: [7] });
  });

  it("ignores the answer to an older search", async () => {
    const { state } = run(await begin(), { is: "search", text: "fer" }, { is: "search", text: "ferry" }, { is: "chatsListed", search: "fer", offset: 0, chats: [] });
    expect(state.search).toBe("ferry");
    expect(state.chatsEnd).toBe(true);
  });
});

it("keeps the detail as a setting and gives it to every picture of the draft", async () => {
  const { state, effects } = run(await begin(), added(a, b), { is: "setDetail", maxSide: 512 });
  expect(state.draft.pictures.map((one) => one.maxSide)).toEqual([512, 512]);
  expect(state.settings.maxSide).toBe(512);
  expect(effects).toContainEqual({ do: "keepSettings", settings: { ...SETTINGS, maxSide: 512 }, soon: true });
});

describe("reading aloud and checking", () => {
  const speaking = { at: "speaking", answerId: 2, index: 0, shown: "A cat.", source: { start: 0, end: 6 }, isPaused: false } as const;
  const tell = (aloud: AppState["aloud"]): Intent => ({ is: "event", event: { kind: "aloud", aloud } });

  it("follows what is spoken, and says once that it was paused", async () => {
    const { state } = run(await begin(), tell(speaking));
    expect(state.aloud).toEqual(speaking);
    const paused = run(state, tell({ ...speaking, isPaused: true })).state;
    expect(paused.said.at(-1)?.what).toEqual({ at: "paused" });
    expect(run(paused, tell({ ...speaking, index: 1, isPaused: true })).state.said).toBe(paused.said);
  });

  it("says that the answer begins before its first sentence, whichever way is faster", async () => {
    const { state } = run(await begin(), started);
    const sentence: Intent = { is: "event", event: { kind: "sentence", answerId: 2, text: "A cat." } };
    const text = event({ kind: "text", piece: "A cat. ", nTokens: 3, tokensPerS: 9 });
    const end = event({ kind: "ended", message: message(2, "model", 1, { text: "A cat. A dog.", end: { at: "whole" } }) });
    expect(run(state, sentence, text, sentence, end).state.said.at(-1)?.what).toEqual({ at: "answered", nSentences: 2 });
    for (const order of [[sentence, text], [text, sentence]]) {
      expect(run(state, ...order).state.said.map((one) => one.what)).toEqual([{ at: "looking" }, { at: "answering" }, { at: "sentence", text: "A cat." }]);
    }
  });

  it("shows why nothing is heard", async () => {
    const error = fault("unavailable", "nothing speaks here", "install it");
    const { state } = run(await begin(), tell(speaking), tell({ at: "failed", error }));
    expect(state.aloud).toEqual({ at: "silent" });
    expect(state.notices).toMatchObject([{ kind: "error", error }]);
  });

  it("keeps a check by its answer and says how much is uncertain", async () => {
    const sentences = [true, false].map((uncertain) => ({ shown: "x", uncertain, nAgree: 1, nSamples: 5, instead: [] }));
    const { state } = run(await begin(), { is: "event", event: { kind: "check", answerId: 2, check: { at: "done", sentences } } });
    expect(state.checks[2]).toEqual({ at: "done", sentences });
    expect(state.said.at(-1)?.what).toEqual({ at: "checked", nDoubts: 1 });
  });
});
