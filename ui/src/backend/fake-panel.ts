// The panel without a program, for its pictures and axe.

import type { AnswerEvent } from "../contract";
import { fault, SETTINGS } from "./fake";
import type { PanelBackend } from ".";

const TEXT = "A dialog titled **Updates**. It says that a restart is needed, and has two buttons: “Restart now” and “Install later”.";

export function fakePanel(query: string): PanelBackend {
  const asked = new URLSearchParams(query);
  const halt = asked.get("halt");
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    async panelWatch(onEvent) {
      const language = asked.get("language") === "fr" ? "fr" : "en";
      onEvent({ kind: "begun", action: "window", settings: { ...SETTINGS, language } });
      if (halt === "fail") {
        onEvent({ kind: "failed", error: fault("unavailable", "The screen could not be seen: it was not allowed, or was cancelled.", "Take a screenshot with the system's own key and copy it.") });
        return;
      }
      const tell = (event: AnswerEvent): void => onEvent({ kind: "answer", event });
      if (halt === "encode") return tell({ kind: "encode", picture: 0, nPictures: 1, done: 4, total: 10 });
      tell({ kind: "text", piece: TEXT, nTokens: 30, tokensPerS: 5.2 });
      tell({ kind: "ended", message: { id: 2, parent: 1, role: "model", thoughts: "", text: TEXT, language: "en", pictures: [], createdMs: 0, siblings: [2], end: { at: "whole" }, modelName: null, took: null, by: "model", isRefusal: false } });
    },
    pictureUrl: (path) => `pictures/${path}.png`,
    panelSay: nothing, panelOpen: nothing, panelClose: nothing, stop: nothing, aloud: nothing,
  };
}
