// A private chat leaves nothing behind in the window, and nothing of it is sent to be kept.
import { expect, it } from "vitest";
import { Fake, PIXTRAL } from "../backend/fake";
import { actions } from "./actions";
import { liveHere, start, type AppState, type Intent } from "./app-state";
import { update, type Effect } from "./update";
import type { Chat, Message, Picture } from "../contract";

const picture: Picture = { id: "a".repeat(64), name: "a.png", width: 8, height: 6, format: "PNG", bytes: 1000, isAnimation: false, notes: [] };
const message = (id: number, role: Message["role"], text: string): Message => ({ id, parent: null, role, thoughts: "", text, language: null, pictures: [], createdMs: 0, siblings: [id], end: null, modelName: null, took: null, by: "model", isRefusal: false });
const privateChat = (...messages: Message[]): Chat => ({ id: 99, title: "", pinned: false, isPrivate: true, createdMs: 0, messages, pictures: [] });
const started: Intent = { is: "answerEvent", answerId: 101, event: { kind: "started", answerId: 101, chat: privateChat(message(100, "person", "What?"), message(101, "model", "")) } };

function run(state: AppState, ...intents: Intent[]): { state: AppState; effects: Effect[] } {
  const effects: Effect[] = [];
  for (const intent of intents) {
    const [next, more] = update(state, intent);
    state = next;
    effects.push(...more);
  }
  return { state, effects };
}

async function begin(): Promise<AppState> {
  const state = start(await new Fake({ model: PIXTRAL }).boot());
  return run(state, { is: "type", text: "kept" }, { is: "privateBegun", chat: privateChat() }).state;
}

const names = (effects: Effect[]): string[] => effects.map((effect) => (effect.do === "call" ? effect.name : effect.do));

it("begins clean, keeps the draft that is left, and is said to a screen reader", async () => {
  const before = run(start(await new Fake().boot()), { is: "type", text: "kept" }).state;
  const { state, effects } = run(before, { is: "privateBegun", chat: privateChat() });
  expect([state.chat?.isPrivate, state.draft.text]).toEqual([true, ""]);
  expect(effects).toContainEqual({ do: "keepDraft", chatId: null, draft: { text: "kept", pictures: [] }, soon: false });
  expect(state.said.at(-1)?.what).toEqual({ at: "private" });
});

it("sends no draft to be kept, whatever is typed, added, asked or closed", async () => {
  const { effects } = run(await begin(), { is: "type", text: "secret" }, { is: "added", added: { pictures: [picture], faults: [] } }, { is: "send" }, { is: "event", event: { kind: "closing" } });
  expect(names(effects)).not.toContain("keepDraft");
  expect(names(effects)).toContain("ask");
});

it.each<Intent>([{ is: "newChat" }, { is: "openChat", id: 7 }, { is: "event", event: { kind: "privateEnded" } }])("is gone when it is left by %o", async (leaves) => {
  const asked = run(await begin(), { is: "type", text: "secret" }, { is: "added", added: { pictures: [picture], faults: [] } }, started).state;
  expect(liveHere(asked)).not.toBeNull();
  const { state, effects } = run(asked, leaves);
  expect(names(effects)).toContain("privateEnd");
  expect(JSON.stringify([state.chat, state.draft, state.files, state.live, state.sending])).not.toMatch(/secret|aaaa|101/);
  // What its answer tells afterwards changes nothing.
  expect(run(state, started).state.live).toEqual({});
});

it("may be followed by another one, which is not ended with it", async () => {
  const { state, effects } = run(await begin(), started, { is: "newPrivateChat" }, { is: "privateBegun", chat: privateChat() });
  expect(names(effects)).toContain("privateBegin");
  expect(names(effects)).not.toContain("privateEnd");
  expect([state.chat?.messages, state.live]).toEqual([[], {}]);
});

it("cannot be renamed, pinned, exported or deleted, for it is nowhere", async () => {
  const state = run(await begin(), started).state;
  const all = actions({ describe: "", readText: "", summarise: "", altText: "", summarisePages: "" });
  const can = all.filter((action) => action.when(state)).map((action) => action.id);
  for (const id of ["rename", "pin", "exportMarkdown", "exportHtml", "deleteChat"]) expect(can).not.toContain(id);
  expect(can).toContain("newPrivateChat");
});
