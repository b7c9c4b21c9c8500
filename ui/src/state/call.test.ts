import { expect, it } from "vitest";
import { Fake } from "../backend/fake";
import { actions, keysOf, storedName } from "./actions";
import { start, type AppState } from "./app-state";
import { call, meaning, retryOf, type Call } from "./call";
import { update } from "./update";

const begin = async (): Promise<AppState> => start(await new Fake().boot());
const of = <Name extends Call["name"]>(name: Name, ...args: Call<Name>["args"]): Call => ({ name, args }) as Call;

it("passes a command on as it is, and changes nothing", async () => {
  const state = await begin();
  expect(update(state, call("chatExport", 7, "html"))).toEqual([state, [{ do: "call", name: "chatExport", args: [7, "html"] }]]);
});

it("shows what an answer brings, and nothing where the person changed their mind", async () => {
  const state = await begin();
  expect(meaning(of("chatExport", 7, "html"), "/a.html", state)).toEqual([{ is: "did", what: { at: "exported", path: "/a.html" } }]);
  expect(meaning(of("chatExport", 7, "html"), null, state)).toEqual([]);
  expect(meaning(of("pickPictures"), null, state)).toEqual([]);
  expect(meaning(of("paste"), { kind: "text", text: "a" }, state)).toEqual([{ is: "pastedText", text: "a" }]);
  expect(meaning(of("copyText", "a"), null, state)).toEqual([{ is: "did", what: { at: "copied" } }]);
  expect(meaning(of("stopCheck"), null, state)).toEqual([]);
});

it("opens the first of the chats that were imported, and tells of the files that are none", async () => {
  const faults = [{ name: "x.md", error: { code: "other", message: "m", hint: "h", id: "other", with: {} } }];
  const told = meaning(of("chatsImport"), { chats: [3, 4], faults }, await begin());
  expect(told).toEqual([
    { is: "added", added: { pictures: [], faults } },
    { is: "did", what: { at: "imported", n: 2 } },
    { is: "openChat", id: 3 },
  ]);
});

it("reads the list of models again when one of them has changed, and names the one that is whole", async () => {
  const state = await begin();
  expect(meaning(of("pauseFetch", "pocket"), null, state)).toEqual([call("models")]);
  expect(meaning(of("verifyModel", "pocket"), null, state)).toEqual([{ is: "did", what: { at: "verified", name: "Pocket" } }, call("models")]);
});

it("offers to load a model again, and no other call", () => {
  expect(retryOf(of("loadModel"))).toEqual(call("loadModel"));
  expect(retryOf(of("quit"))).toBeNull();
});

it("finds keys by the name under which earlier versions kept them", () => {
  const all = actions({ describe: "", readText: "", summarise: "", altText: "", summarisePages: "" });
  const action = all.find((one) => one.id === "modelView");
  expect(action && keysOf(action, { "seen": "Ctrl+Alt+V" })).toBe("Ctrl+Alt+V");
  expect(new Set(all.map(storedName)).size).toBe(all.length);
});
