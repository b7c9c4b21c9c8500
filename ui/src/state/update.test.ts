import { describe, expect, it } from "vitest";
import { Fake, PIXTRAL, SETTINGS } from "../backend/fake";
import { canSend, liveHere, numbered, start, type Intent, type Model } from "./model";
import type { AnswerEvent, Chat, Message, Picture } from "./types";
import { update, type Effect } from "./update";

const picture = (letter: string): Picture => ({ id: letter.repeat(64), name: `${letter}.png`, width: 800, height: 600, format: "PNG", bytes: 1000, isAnimation: false });
const a = picture("a");
const b = picture("b");

async function begin(): Promise<Model> {
  return start(await new Fake({ model: PIXTRAL }).boot());
}

/** Carries intents through and collects the effects. */
function run(model: Model, ...intents: Intent[]): { model: Model; effects: Effect[] } {
  const effects: Effect[] = [];
  for (const intent of intents) {
    const [next, more] = update(model, intent);
    model = next;
    effects.push(...more);
  }
  return { model, effects };
}

function message(id: number, role: Message["role"], parent: number | null, over: Partial<Message> = {}): Message {
  return { id, parent, role, text: "", language: null, pictures: [], createdMs: 0, siblings: [id], end: null, modelName: null, took: null, ...over };
}

function chatOf(...messages: Message[]): Chat {
  return { id: 7, title: "Seven", pinned: false, createdMs: 0, messages, pictures: [a, b] };
}

const added = (...pictures: Picture[]): Intent => ({ is: "added", added: { pictures, faults: [] } });
const event = (it: AnswerEvent, answerId: number | null = 2): Intent => ({ is: "answerEvent", event: it, answerId });
const started: Intent = event({ kind: "started", answerId: 2, chat: chatOf(message(1, "person", null, { text: "What?" }), message(2, "model", 1)) });

describe("the draft", () => {
  it("takes pictures, shows the first of them, and asks what they cost", async () => {
    const { model, effects } = run(await begin(), added(a, b));
    expect(model.draft.pictures.map((one) => one.picture)).toEqual([a.id, b.id]);
    expect(numbered(model)[model.onStage]?.attachment.picture).toBe(a.id);
    expect(effects.map((effect) => effect.do)).toEqual(["keepDraft", "estimate", "prepare"]);
  });

  it("keeps the good pictures when others fail, and says which failed", async () => {
    const fault = { name: "c.heic", error: { code: "picture", message: "not read", hint: "" } } as const;
    const { model } = run(await begin(), { is: "added", added: { pictures: [a], faults: [fault] } });
    expect(model.draft.pictures).toHaveLength(1);
    expect(model.notices).toEqual([{ key: "faults", kind: "faults", faults: [fault] }]);
  });

  it("begins to prepare when the first letter is typed", async () => {
    const { model } = run(await begin(), added(a));
    expect(run(model, { is: "type", text: "W" }).effects).toContainEqual({ do: "prepare" });
    expect(run({ ...model, draft: { ...model.draft, text: "W" } }, { is: "type", text: "Wh" }).effects).not.toContainEqual({ do: "prepare" });
  });

  it("turns and cuts a picture of the draft in place", async () => {
    const region = { x: 1, y: 2, width: 30, height: 40 };
    const { model } = run(await begin(), added(a), { is: "turn", number: 0, by: -1 }, { is: "setRegion", number: 0, region });
    expect(model.draft.pictures).toEqual([{ picture: a.id, name: "a.png", region, turn: 3, maxSide: null }]);
  });

  it("attaches a cut of a picture that was already asked about", async () => {
    const asked = { picture: a.id, name: "a.png", region: null, turn: 0, maxSide: null };
    const chat = chatOf(message(1, "person", null, { pictures: [asked] }), message(2, "model", 1, { end: { at: "whole" } }));
    const opened = run(await begin(), { is: "openChat", id: 7 }, { is: "chatOpened", chat, draft: { text: "", pictures: [], files: [] } }).model;
    const { model } = run(opened, { is: "setRegion", number: 0, region: { x: 0, y: 0, width: 9, height: 9 } });
    expect(model.chat?.messages[0]?.pictures).toEqual([asked]);
    expect(model.draft.pictures).toHaveLength(1);
    expect(numbered(model)).toHaveLength(2);
    expect(model.onStage).toBe(1);
  });

  it("keeps a number on the stage when a picture is removed", async () => {
    const { model } = run(await begin(), added(a, b), { is: "stage", number: 1 }, { is: "removePicture", index: 1 });
    expect(model.onStage).toBe(0);
  });
});

describe("asking", () => {
  it("sends what was drafted and empties the field", async () => {
    const { model, effects } = run(await begin(), added(a), { is: "type", text: "  What does it say? " }, { is: "send" });
    const ask = effects.find((effect) => effect.do === "ask");
    expect(ask?.ask).toMatchObject({ kind: "new", chatId: null, leaf: null, text: "What does it say?" });
    expect(model.draft).toEqual({ text: "", pictures: [] });
    expect(numbered(model)).toHaveLength(1); // the picture stays on the stage while the question is on its way
    expect(canSend({ ...model, draft: { text: "again", pictures: [] } })).toBe(false);
  });

  it("sends nothing without words", async () => {
    expect(run(await begin(), added(a), { is: "type", text: "   " }, { is: "send" }).effects.some((effect) => effect.do === "ask")).toBe(false);
  });

  it("gives the draft back when the question could not begin", async () => {
    const sent = run(await begin(), added(a), { is: "type", text: "What?" }, { is: "send" });
    const ask = sent.effects.find((effect) => effect.do === "ask");
    if (!ask) throw new Error("nothing was asked");
    const error = { code: "contextFull", message: "too long", hint: "shorten it" } as const;
    const { model } = run(sent.model, { is: "askFailed", error, draft: ask.draft, composing: ask.composing });
    expect(model.draft.text).toBe("What?");
    expect(model.draft.pictures).toHaveLength(1);
    expect(model.notices).toHaveLength(1);
  });

  it("goes through the phases as they are told, and keeps the text", async () => {
    const sent = run(await begin(), { is: "type", text: "What?" }, { is: "send" }, started);
    const phases: string[] = [];
    let { model } = sent;
    const events: AnswerEvent[] = [
      { kind: "queued", nBefore: 1 },
      { kind: "loading", doneBytes: 1, totalBytes: 2 },
      { kind: "encoding", picture: 0, nPictures: 1, done: 4, total: 10 },
      { kind: "reading", doneTokens: 1200, totalTokens: 2340, cachedTokens: 0 },
      { kind: "text", piece: "It ", nTokens: 1, tokensPerS: 5 },
      { kind: "text", piece: "says", nTokens: 2, tokensPerS: 5.2 },
    ];
    for (const one of events) {
      model = run(model, event(one)).model;
      phases.push(liveHere(model)?.live.phase.at ?? "none");
    }
    expect(phases).toEqual(["queued", "loading", "looking", "reading", "writing", "writing"]);
    expect(liveHere(model)?.live.text).toBe("It says");
    const ended = run(model, event({ kind: "ended", message: message(2, "model", 1, { text: "It says", end: { at: "whole" } }) })).model;
    expect(liveHere(ended)).toBeNull();
    expect(ended.chat?.messages[1]?.text).toBe("It says");
    expect(ended.said.map((one) => one.what.at).slice(-2)).toEqual(["answering", "answered"]);
  });

  it("keeps an answer growing while another chat is open", async () => {
    const sent = run(await begin(), { is: "type", text: "What?" }, { is: "send" }, started);
    const other: Chat = { ...chatOf(), id: 8, messages: [] };
    const away = run(sent.model, { is: "openChat", id: 8 }, { is: "chatOpened", chat: other, draft: { text: "", pictures: [], files: [] } }, event({ kind: "text", piece: "Hello", nTokens: 1, tokensPerS: 5 }));
    expect(liveHere(away.model)).toBeNull();
    expect(away.model.live[2]?.text).toBe("Hello");
  });

  it("stops in any phase, and only says so until the end is told", async () => {
    const sent = run(await begin(), { is: "type", text: "What?" }, { is: "send" }, started, event({ kind: "reading", doneTokens: 1, totalTokens: 2, cachedTokens: 0 }));
    const { model, effects } = run(sent.model, { is: "stop", answerId: 2 });
    expect(effects).toEqual([{ do: "stop", answerId: 2 }]);
    expect(liveHere(model)?.live).toMatchObject({ stopping: true, phase: { at: "reading" } });
  });

  it("continues with the text that is there", async () => {
    const chat = chatOf(message(1, "person", null), message(2, "model", 1, { text: "Half of", end: { at: "stopped" } }));
    const opened = run(await begin(), { is: "openChat", id: 7 }, { is: "chatOpened", chat, draft: { text: "", pictures: [], files: [] } });
    const { model } = run(opened.model, { is: "goOn", answer: 2 }, event({ kind: "started", chat, answerId: 2 }), event({ kind: "text", piece: " it", nTokens: 1, tokensPerS: 5 }));
    expect(liveHere(model)?.live.text).toBe("Half of it");
  });

  it("edits a question without losing what was being typed", async () => {
    const chat = chatOf(message(1, "person", null, { text: "What?" }), message(2, "model", 1, { end: { at: "whole" } }));
    const opened = run(await begin(), { is: "openChat", id: 7 }, { is: "chatOpened", chat, draft: { text: "later", pictures: [], files: [] } });
    const editing = run(opened.model, { is: "edit", question: 1 });
    expect(editing.model.draft.text).toBe("What?");
    expect(run(editing.model, { is: "cancelEdit" }).model.draft.text).toBe("later");
    const sent = run(editing.model, { is: "type", text: "Where?" }, { is: "send" });
    expect(sent.effects.find((effect) => effect.do === "ask")?.ask).toMatchObject({ kind: "edit", question: 1, text: "Where?" });
    expect(sent.model.draft.text).toBe("later");
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
    expect(run(await begin(), ...clicks, ...answers).model.chat?.id).toBe(8);
    expect(run(await begin(), ...clicks, ...answers.toReversed()).model.chat?.id).toBe(8);
  });

  it("deletes with a way back", async () => {
    const opened = run(await begin(), { is: "openChat", id: 7 }, { is: "chatOpened", chat: chatOf(), draft: { text: "", pictures: [], files: [] } });
    const { model, effects } = run(opened.model, { is: "delete", id: 7 });
    expect(model.chat).toBeNull();
    expect(model.notices).toEqual([{ key: "undo", kind: "undoDelete", chatId: 7, title: "Seven" }]);
    expect(effects).toContainEqual({ do: "delete", id: 7 });
    expect(run(model, { is: "undoDelete", id: 7 }).effects).toContainEqual({ do: "restore", id: 7 });
  });

  it("ignores the answer to an older search", async () => {
    const { model } = run(await begin(), { is: "search", text: "fer" }, { is: "search", text: "ferry" }, { is: "chatsListed", search: "fer", offset: 0, chats: [] });
    expect(model.search).toBe("ferry");
    expect(model.chatsEnd).toBe(true);
  });
});

it("keeps the detail as a setting and gives it to every picture of the draft", async () => {
  const { model, effects } = run(await begin(), added(a, b), { is: "setDetail", maxSide: 512 });
  expect(model.draft.pictures.map((one) => one.maxSide)).toEqual([512, 512]);
  expect(model.settings.maxSide).toBe(512);
  expect(effects).toContainEqual({ do: "keepSettings", settings: { ...SETTINGS, maxSide: 512 }, soon: true });
});

describe("reading aloud and checking", () => {
  const speaking = { at: "speaking", answerId: 2, index: 0, shown: "A cat.", isPaused: false } as const;
  const tell = (aloud: Model["aloud"]): Intent => ({ is: "event", event: { kind: "aloud", aloud } });

  it("follows what is spoken, and says once that it was paused", async () => {
    const { model } = run(await begin(), tell(speaking));
    expect(model.aloud).toEqual(speaking);
    const paused = run(model, tell({ ...speaking, isPaused: true })).model;
    expect(paused.said.at(-1)?.what).toEqual({ at: "paused" });
    expect(run(paused, tell({ ...speaking, index: 1, isPaused: true })).model.said).toBe(paused.said);
  });

  it("says that the answer begins before its first sentence, whichever way is faster", async () => {
    const { model } = run(await begin(), started);
    const sentence: Intent = { is: "event", event: { kind: "sentence", answerId: 2, text: "A cat." } };
    const text = event({ kind: "text", piece: "A cat. ", nTokens: 3, tokensPerS: 9 });
    const end = event({ kind: "ended", message: message(2, "model", 1, { text: "A cat. A dog.", end: { at: "whole" } }) });
    expect(run(model, sentence, text, sentence, end).model.said.at(-1)?.what).toEqual({ at: "answered", nSentences: 2 });
    for (const order of [[sentence, text], [text, sentence]]) {
      expect(run(model, ...order).model.said.map((one) => one.what)).toEqual([{ at: "looking" }, { at: "answering" }, { at: "sentence", text: "A cat." }]);
    }
  });

  it("shows why nothing is heard", async () => {
    const error = { code: "unavailable", message: "nothing speaks here", hint: "install it" } as const;
    const { model } = run(await begin(), tell(speaking), tell({ at: "failed", error }));
    expect(model.aloud).toEqual({ at: "silent" });
    expect(model.notices).toMatchObject([{ kind: "error", error }]);
  });

  it("keeps a check by its answer and says how much is uncertain", async () => {
    const sentences = [true, false].map((uncertain) => ({ shown: "x", uncertain, nAgree: 1, nSamples: 5, instead: [] }));
    const { model } = run(await begin(), { is: "event", event: { kind: "check", answerId: 2, check: { at: "done", sentences } } });
    expect(model.checks[2]).toEqual({ at: "done", sentences });
    expect(model.said.at(-1)?.what).toEqual({ at: "checked", nDoubts: 1 });
  });
});
