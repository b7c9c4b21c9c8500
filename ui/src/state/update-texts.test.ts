import { describe, expect, it } from "vitest";
import { SETTINGS } from "../backend/fake";
import { samples, pictures } from "../backend/fake-pictures";
import { textOfPicture } from "../backend/fake-texts";
import type { AppEvent, Attachment, Chat, Message } from "../contract";
import { start, type AppState, type Intent } from "./app-state";
import { update, type Effect } from "./update";
import { hasText, numberWith, picturesOf } from "./update-texts";

function begun(): AppState {
  return start({ version: "0", releasesHost: null, platform: "linux", locale: "en", settings: SETTINGS, status: { state: { at: "ready" }, model: null, nQueued: 0 }, chats: [], models: [], samples });
}

function run(state: AppState, ...intents: Intent[]): { state: AppState; effects: Effect[] } {
  return intents.reduce<{ state: AppState; effects: Effect[] }>(
    (all, intent) => {
      const [next, effects] = update(all.state, intent);
      return { state: next, effects: [...all.effects, ...effects] };
    },
    { state, effects: [] },
  );
}

const read = (picture: { id: string }): Intent => ({ is: "textRead", picture: picture.id, text: textOfPicture(picture.id) });
const asked = (effects: Effect[]): string[] => effects.flatMap((effect) => (effect.do === "readText" ? [effect.picture] : []));
const added = (...all: (typeof pictures)[keyof typeof pictures][]): Intent => ({ is: "added", added: { pictures: all, faults: [] } });
const attached = ({ id, name }: { id: string; name: string }): Attachment => ({ picture: id, name, region: null, turn: 0, maxSide: null });

function chatOf(...messages: (Pick<Message, "role" | "text"> & Partial<Message>)[]): Chat {
  const all = messages.map((message, index): Message => ({
    id: index + 1, parent: index || null, thoughts: "", language: "en", pictures: [], createdMs: 0, siblings: [], end: { at: "whole" }, modelName: null, took: null, by: "model", isRefusal: false, ...message,
  }));
  return { id: 7, title: "", pinned: false, isPrivate: false, createdMs: 0, messages: all, pictures: Object.values(pictures) };
}

function opened(chat: Chat): AppState {
  return run(begun(), { is: "openChat", id: chat.id }, { is: "chatOpened", chat, draft: { text: "", pictures: [], files: [] } }).state;
}

describe("the text of pictures", () => {
  it("is asked for when a picture comes on the stage, and dropped with it", () => {
    const one = run(begun(), added(pictures.notice, pictures.receipt));
    expect(asked(one.effects)).toEqual([pictures.notice.id]);
    const two = run(one.state, read(pictures.notice), { is: "type", text: "W" });
    expect([asked(two.effects), hasText(two.state)]).toEqual([[], true]);
    const three = run(two.state, { is: "stage", number: 1 });
    expect(asked(three.effects)).toEqual([pictures.receipt.id]);
    expect(Object.keys(three.state.texts.of)).toEqual([pictures.receipt.id]);
    // What comes late is of no picture that is shown.
    expect(run(three.state, read(pictures.notice)).state.texts.of[pictures.notice.id]).toBeUndefined();
    const none = run(three.state, { is: "removePicture", index: 1 }, { is: "removePicture", index: 0 });
    expect(none.state.texts.of).toEqual({});
  });

  it("is neither asked for nor kept where it is not wanted", () => {
    const off = run(begun(), { is: "set", settings: { readText: false } }, added(pictures.notice));
    expect(asked(off.effects)).toEqual([]);
    const on = run(off.state, { is: "set", settings: { readText: true } });
    expect(asked(on.effects)).toEqual([pictures.notice.id]);
    expect(run(on.state, read(pictures.notice), { is: "set", settings: { readText: false } }).state.texts.of).toEqual({});
  });

  it("is asked for again when the switch has reached the reader", () => {
    const off = run(begun(), { is: "set", settings: { readText: false } }, added(pictures.notice));
    const gone: Intent = { is: "textFailed", picture: pictures.notice.id, error: { code: "notFound", message: "", hint: "", id: "notFound", with: {} } };
    const on = run(off.state, { is: "set", settings: { readText: true } }, gone);
    expect([asked(on.effects), on.state.texts.of]).toEqual([[pictures.notice.id], {}]);
    const stored = run(on.state, { is: "settingsKept", settings: { ...on.state.settings } });
    expect(asked(stored.effects)).toEqual([pictures.notice.id]);
  });

  it("may fail, which is told where it stands", () => {
    const { state } = run(begun(), added(pictures.notice), { is: "textFailed", picture: pictures.notice.id, error: { code: "engine", message: "x", hint: "", id: "other", with: {} } });
    expect(state.texts.of[pictures.notice.id]?.at).toBe("failed");
    expect([state.notices, hasText(state)]).toEqual([[], false]);
  });
});

describe("the quick question for all text", () => {
  const asks = (state: AppState): unknown => run(state, { is: "quick", text: "Read all text.", by: "reader" }).effects.find((effect) => effect.do === "ask");
  it("goes to the reader, and another answer comes from the model", () => {
    expect(asks(run(begun(), added(pictures.notice)).state)).toMatchObject({ ask: { kind: "new", by: "reader" } });
    const { effects } = run(opened(chatOf({ role: "person", text: "Read all text." }, { role: "model", text: "STOP", by: "reader" })), { is: "again", answer: 2 });
    expect(effects).toContainEqual(expect.objectContaining({ do: "ask", ask: { kind: "again", answer: 2, by: "model" } }));
  });
});

describe("speech", () => {
  const text = [pictures.receipt, pictures.dialog].map((one) => `${one.name}\n\n${textOfPicture(one.id).text}`).join("\n\n") + "\n\nUpdate ready? A note.";
  const aloud = (index: number, shown: string, answerId = 4, from = 0): Intent => {
    const start = new TextEncoder().encode(text.slice(0, text.indexOf(shown, from))).length;
    const source = { start, end: start + new TextEncoder().encode(shown).length };
    const event: AppEvent = { kind: "aloud", aloud: { at: "speaking", answerId, index, shown, source, isPaused: false } };
    return { is: "event", event };
  };
  const chat = chatOf(
    { role: "person", text: "What?", pictures: [attached(pictures.sign)] },
    { role: "model", text: "A sign." },
    { role: "person", text: "Read all text.", pictures: [attached(pictures.receipt), attached(pictures.dialog)] },
    { role: "model", text, by: "reader" },
  );
  const heard = (state: AppState): string | null => {
    const { heard: at } = state.texts;
    return at && textOfPicture(at.picture).text.slice(at.part.start, at.part.end);
  };

  it("marks the line that is spoken, and brings its picture on the stage", () => {
    const begin = run(opened(chat), aloud(0, "Mill Lane Bakery"));
    expect(asked(begin.effects).toSorted()).toEqual([pictures.receipt.id].toSorted());
    const one = run(begin.state, read(pictures.receipt), read(pictures.dialog));
    expect([heard(one.state), one.state.onStage]).toEqual(["Mill Lane Bakery", 1]);
    const two = run(one.state, aloud(1, "Bread\t4.80"), aloud(2, "Coffee\t2.95"));
    expect(heard(two.state)).toBe("Coffee\t2.95");
    const three = run(two.state, aloud(6, "Update ready"));
    expect([heard(three.state), three.state.onStage]).toEqual(["Update ready", 2]);
    const back = run(three.state, aloud(5, "Thank you!"));
    expect([heard(back.state), back.state.onStage]).toEqual(["Thank you!", 1]);
    // A name, or a note with the same words, is in no picture, and leaves the mark where it is.
    expect(heard(run(back.state, aloud(0, "receipt.png")).state)).toBe("Thank you!");
    expect(heard(run(back.state, aloud(9, "Update ready", 4, text.indexOf("ready?") - 8)).state)).toBe("Thank you!");
    const silent = run(back.state, { is: "event", event: { kind: "aloud", aloud: { at: "silent" } } });
    expect([heard(silent.state), Object.keys(silent.state.texts.of)]).toEqual([null, [pictures.receipt.id]]);
  });

  it("of a model's answer marks nothing", () => {
    const { state, effects } = run(opened(chat), aloud(0, "A sign.", 2));
    expect([heard(state), asked(effects)]).toEqual([null, []]);
  });

  it("knows the pictures of an answer", () => {
    expect(picturesOf({ chat }, 4)).toEqual([pictures.receipt.id, pictures.dialog.id]);
    expect(picturesOf({ chat: chatOf(...chat.messages.slice(0, 2), { role: "person", text: "Read all text." }, { role: "model", text: "", by: "reader" }) }, 4)).toEqual([pictures.sign.id]);
    expect(picturesOf({ chat: null }, 4)).toEqual([]);
  });

  it("of a part of a picture is found by its letters, in order", () => {
    const part = chatOf({ role: "person", text: "Read all text.", pictures: [{ ...attached(pictures.receipt), region: { x: 0, y: 30, width: 192, height: 70 } }] }, { role: "model", text: "Bread 4.80\nCoffee 2.95", by: "reader" });
    const spoken = (index: number, shown: string): Intent => ({ is: "event", event: { kind: "aloud", aloud: { at: "speaking", answerId: 2, index, shown, source: { start: 0, end: 1 }, isPaused: false } } });
    const { state } = run(opened(part), read(pictures.receipt), spoken(0, "Bread 4.80"), spoken(1, "Coffee 2.95"));
    expect(heard(state)).toBe("Coffee\t2.95");
  });
});

describe("claims", () => {
  const chat = chatOf({ role: "person", text: "What?", pictures: [attached(pictures.receipt), attached(pictures.dialog)] }, { role: "model", text: "14.15 and 15" });
  const claim = (text: string, lines: number[]) => ({ kind: "number" as const, text, source: { start: 0, end: 2 }, places: lines.length ? [{ picture: pictures.receipt.id, lines }] : [] });

  it("are looked up at once, before other answers are made, and summed up for ears", () => {
    const { state, effects } = run(opened(chat), { is: "check", answer: 2 });
    expect(effects.map((effect) => effect.do)).toEqual(["findClaims", "call"]);
    const told = run(state, { is: "claimsFound", answer: 2, claims: [claim("14.15", [8]), claim("15", [])] }).state;
    expect(told.said.at(-1)?.what).toEqual({ at: "claims", nFound: 1, nAll: 2, missing: ["15"] });
    expect(run(state, { is: "claimsFound", answer: 2, claims: [] }).state.said).toEqual(state.said);
  });

  it("show their lines, on their picture, until another is shown", () => {
    const before = opened(chat);
    expect(before.onStage).toBe(1);
    const { state } = run(before, { is: "pointAt", picture: pictures.receipt.id, lines: [8] });
    expect([state.onStage, state.texts.pointed?.lines]).toEqual([0, [8]]);
    expect(run(state, { is: "stage", number: 1 }).state.texts.pointed).toBeNull();
    expect(run(state, { is: "pointAt", picture: "gone", lines: [1] }).state).toBe(state);
  });
});

describe("finding", () => {
  it("goes on and back, shows the text, and ends with the chat", () => {
    const { state } = run(begun(), added(pictures.notice), read(pictures.notice), { is: "showText" }, { is: "find", text: "the" }, { is: "findOn", by: -1 });
    expect(state.texts).toMatchObject({ shown: true, find: { text: "the", each: false, turn: -1 } });
    expect(run(state, { is: "findClose" }).state.texts.find).toBeNull();
    expect(run(state, { is: "showText" }).state.texts).toMatchObject({ shown: false, find: null });
  });

  it("marks in the picture what a chat was found by", () => {
    const chat = chatOf({ role: "person", text: "What?", pictures: [attached(pictures.notice), attached(pictures.receipt)] });
    const foundBy = { picture: pictures.notice.id, text: "bicycle child" };
    const open: Intent = { is: "openChat", id: 7, foundBy };
    const { state } = run(begun(), open, { is: "chatOpened", chat, draft: { text: "", pictures: [], files: [] } });
    expect([state.onStage, state.texts.find, state.texts.foundBy]).toEqual([0, { text: "bicycle child", each: true, turn: 0 }, null]);
    // The same, when it is open already.
    const again = run(state, { is: "stage", number: 1 }, { is: "findClose" }, open).state;
    expect([again.onStage, again.texts.find?.text]).toEqual([0, "bicycle child"]);
    expect(run(state, { is: "newChat" }).state.texts.find).toBeNull();
    expect(numberWith(state, pictures.receipt.id)).toBe(1);
  });
});
