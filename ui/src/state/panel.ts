// The panel's life: (panel, event) -> the next panel. Pure.

import type { Phase } from "./app-state";
import type { AnswerBy, End, QuickAction, PanelEvent, Settings, UiError } from "../contract";
import { assertNever } from "./assert-never";

export interface Panel {
  action: QuickAction;
  settings: Settings;
  picture: string | null;
  answerId: number | null;
  text: string;
  /** A short answer about small pictures, until the answer itself begins. */
  firstLook: string;
  /** It has ended with thoughts and without an answer. */
  onlyThought: boolean;
  /** The reader's text is no Markdown. */
  by: AnswerBy;
  /** The language of the text, known when the answer has ended. */
  language: string | null;
  /** Null when the answer has ended, or could not begin. */
  phase: Phase | null;
  end: End | null;
  error: UiError | null;
}

/** Null before the first quick action. */
export function told(panel: Panel | null, event: PanelEvent): Panel | null {
  if (event.kind === "begun") {
    return { action: event.action, settings: event.settings, picture: null, answerId: null, text: "", firstLook: "", onlyThought: false, by: "model", language: null, phase: { kind: "sending" }, end: null, error: null };
  }
  if (!panel) return null;
  switch (event.kind) {
    case "failed":
      return { ...panel, phase: null, error: event.error };
    case "answer": {
      const answer = event.event;
      switch (answer.kind) {
        case "started":
          return { ...panel, answerId: answer.answerId, picture: answer.chat.pictures[0]?.id ?? null, by: answer.chat.messages.find((one) => one.id === answer.answerId)?.by ?? "model" };
        case "firstLook":
          return { ...panel, firstLook: answer.text, phase: answer };
        case "text":
          return { ...panel, text: panel.text + answer.piece, phase: answer };
        case "ended": {
          const { end, text, thoughts, language, by } = answer.message;
          return { ...panel, text, onlyThought: text === "" && thoughts !== "", language, by, phase: null, end, error: end?.at === "failed" ? end.error : null };
        }
        default:
          return { ...panel, phase: answer };
      }
    }
    default:
      return assertNever(event);
  }
}
