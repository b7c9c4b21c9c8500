// What the person is told: what a screen reader hears, and the notices.

import type { UiError } from "../contract";
import type { AppState, Intent, Notice, Said } from "./app-state";

/** How many texts a screen reader can be behind; it is never so many. */
const N_SAID = 32;

/** Adds one more thing that a screen reader should hear. */
export function saying(state: AppState, what: Said): AppState {
  const turn = (state.said.at(-1)?.turn ?? 0) + 1;
  return { ...state, said: [...state.said, { turn, what }].slice(-N_SAID) };
}

export function withError(state: AppState, error: UiError, retry: Intent | null): AppState {
  return withNotice(state, { key: `error ${error.code} ${error.message}`, kind: "error", error, retry });
}

export function withNotice(state: AppState, notice: Notice): AppState {
  return { ...state, notices: [...state.notices.filter((one) => one.key !== notice.key), notice].slice(-4) };
}

export function withoutNotice(state: AppState, key: string): AppState {
  return { ...state, notices: state.notices.filter((notice) => notice.key !== key) };
}
