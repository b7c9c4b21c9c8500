// Commands of the contract that a view or an action calls for what they do. `update.ts` passes them on as they are.

import type { commands } from "../contract";
import type { AppState, Intent } from "./app-state";

type Commands = typeof commands;

/** All commands of the window but those that tell on a channel. */
export type CallName = Exclude<keyof Commands, "ask" | "watch" | `panel${string}` | `start${string}`>;

/** A command with what it takes. */
export type Call<Name extends CallName = CallName> = { [N in Name]: { name: N; args: Parameters<Commands[N]> } }[Name];

/** What the answer of a command means to the window. Of a command that is not here, only a failure is told. */
type Meanings = {
  [Name in CallName]?: (answer: Awaited<ReturnType<Commands[Name]>>, args: Parameters<Commands[Name]>, state: AppState) => Intent[];
};

const listModels = (): Intent[] => [call("models")];

const meanings: Meanings = {
  addModel: (added) => {
    if (added === null) return [];
    if (added.kind === "used") return [{ is: "modelsListed", models: added.models }];
    return [{ is: "show", overlay: { at: "confirm", ask: { about: "textModel", name: added.name } } }];
  },
  addTextModel: (models) => [{ is: "modelsListed", models }],
  addSample: (added) => [{ is: "added", added }],
  cancelFetch: listModels,
  chatExport: (path) => (path === null ? [] : [{ is: "did", what: { at: "exported", path } }]),
  chatsImport: (imported) => {
    if (imported === null) return [];
    const intents: Intent[] = [];
    if (imported.faults.length > 0) intents.push({ is: "added", added: { pictures: [], faults: imported.faults } });
    if (imported.chats.length > 0) intents.push({ is: "did", what: { at: "imported", n: imported.chats.length } });
    const first = imported.chats[0];
    return first === undefined ? intents : [...intents, { is: "openChat", id: first }];
  },
  chatsPurge: (n) => [{ is: "did", what: { at: "purged", n } }],
  checkLink: (link) => [{ is: "linkChecked", link, from: "answer" }],
  forgetTexts: () => [{ is: "did", what: { at: "forgotten" } }],
  copies: (copies) => [{ is: "copiesListed", copies }],
  privateBegin: (chat) => [{ is: "privateBegun", chat }],
  restoreCopy: () => [{ is: "did", what: { at: "restored" } }, { is: "newChat" }],
  chooseBranch: (chat) => [{ is: "chatOpened", chat, draft: null }],
  chooseModel: listModels,
  choosePage: (picture, [of]) => [{ is: "pageChosen", of, picture }],
  choosePages: (pictures, [of]) => [{ is: "pagesChosen", of, pictures }],
  fetchModel: listModels,
  forgetServer: listModels,
  models: (models) => [{ is: "modelsListed", models }],
  paste: (pasted) => {
    return [pasted.kind === "pictures" ? { is: "added", added: pasted.added } : { is: "pastedText", text: pasted.text }];
  },
  pauseFetch: listModels,
  pickPictures: (added) => (added ? [{ is: "added", added }] : []),
  removeModel: listModels,
  verifyModel: (_, [id], state) => {
    const name = state.models.find((model) => model.id === id)?.name ?? id;
    return [{ is: "did", what: { at: "verified", name } }, ...listModels()];
  },
};

/** The intent to call a command. */
export function call<Name extends CallName>(name: Name, ...args: Parameters<Commands[Name]>): Intent {
  return { is: "call", ...({ name, args } as Call) };
}

/** What the answer of a call means to the window. Commands named `copy…` fill the clipboard, and all are told alike. */
export function meaning({ name, args }: Call, answer: unknown, state: AppState): Intent[] {
  if (name.startsWith("copy")) return [{ is: "did", what: { at: "copied" } }];
  // The compiler holds each entry against its command above; that name, arguments and answer belong together it cannot follow.
  const of = meanings[name] as ((answer: unknown, args: unknown, state: AppState) => Intent[]) | undefined;
  return of?.(answer, args, state) ?? [];
}

/** What may be tried again when a call has failed. */
export function retryOf({ name }: Call): Intent | null {
  return name === "loadModel" ? call("loadModel") : null;
}
