import { expect, it } from "vitest";
import { fault, SETTINGS } from "../backend/fake";
import { told, type Panel } from "./panel";
import type { AnswerEvent, Message, PanelEvent } from "../contract";

const message = (over: Partial<Message> = {}): Message => ({ id: 2, parent: 1, role: "model", thoughts: "", text: "A cat.", language: null, pictures: [], createdMs: 0, siblings: [2], end: { at: "whole" }, modelName: null, took: null, by: "model", isRefusal: false, ...over });
const picture = { id: "a".repeat(64), name: "window.png", width: 8, height: 6, format: "PNG", bytes: 10, isAnimation: false, notes: [] };
const begun: PanelEvent = { kind: "begun", action: "window", settings: SETTINGS };
const answer = (event: AnswerEvent): PanelEvent => ({ kind: "answer", event });
const started = answer({ kind: "started", answerId: 2, chat: { id: 7, title: "", pinned: false, isPrivate: false, createdMs: 0, messages: [], pictures: [picture] } });
const text = (piece: string): PanelEvent => answer({ kind: "text", piece, nTokens: 1, tokensPerS: 5 });
const all = (...events: PanelEvent[]): Panel | null => events.reduce<Panel | null>(told, null);

it("shows the picture, the words as they come, and their end", () => {
  const writing = all(begun, started, text("A "), text("cat."));
  expect(writing).toMatchObject({ action: "window", picture: picture.id, answerId: 2, text: "A cat.", phase: { kind: "text" } });
  expect(told(writing, answer({ kind: "ended", message: message() }))).toMatchObject({ text: "A cat.", phase: null, end: { at: "whole" }, error: null });
});

it("keeps a first look beside the answer, which is shown once it begins", () => {
  const looking = all(begun, started, answer({ kind: "firstLook", text: "" }), answer({ kind: "firstLook", text: "A pet." }));
  expect(looking).toMatchObject({ text: "", firstLook: "A pet.", phase: { kind: "firstLook" } });
  expect(told(looking, text("A cat."))).toMatchObject({ text: "A cat.", phase: { kind: "text" } });
});

it("says of thoughts alone that they are no answer, and shows none of them", () => {
  const thinking = all(begun, started, answer({ kind: "thought", piece: "Hm", nTokens: 1, tokensPerS: 5 }));
  expect(thinking).toMatchObject({ text: "", onlyThought: false, phase: { kind: "thought" } });
  expect(told(thinking, answer({ kind: "ended", message: message({ thoughts: "Hm", text: "" }) }))).toMatchObject({ text: "", onlyThought: true });
  expect(told(thinking, answer({ kind: "ended", message: message({ thoughts: "Hm" }) }))).toMatchObject({ text: "A cat.", onlyThought: false });
});

it("says why there is no answer, whether it could not begin or failed", () => {
  const error = fault("engine", "no", "");
  expect(all(begun, { kind: "failed", error })).toMatchObject({ phase: null, error });
  expect(all(begun, started, answer({ kind: "ended", message: message({ text: "", end: { at: "failed", error } }) }))?.error).toEqual(error);
});

it("forgets the quick action before, and shows nothing without one", () => {
  expect(all(begun, started, text("A cat."), { ...begun, action: "screen" } as PanelEvent)).toMatchObject({ action: "screen", text: "", picture: null, answerId: null });
  expect(all(text("A cat."))).toBeNull();
});
