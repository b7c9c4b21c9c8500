// What the panel needs of the program: little, and its window is allowed no more.

import { Channel, convertFileSrc } from "@tauri-apps/api/core";
import type { PanelEvent } from "../state/types";
import { commands } from "./bindings";

export interface PanelBackend {
  watch(onEvent: (event: PanelEvent) => void): Promise<unknown>;
  pictureUrl(path: string): string;
  say(text: string): Promise<unknown>;
  stop(answerId: number): Promise<unknown>;
  silence(): Promise<unknown>;
  /** Shows the chat in the window. */
  open(): Promise<unknown>;
  close(): Promise<unknown>;
}

const tauri: PanelBackend = {
  watch: (onEvent) => commands.panelWatch(new Channel(onEvent)),
  pictureUrl: (path) => convertFileSrc(path, "picture"),
  say: (text) => commands.panelSay(text),
  stop: (answerId) => commands.stop(answerId),
  silence: () => commands.aloud("stop"),
  open: () => commands.panelOpen(),
  close: () => commands.panelClose(),
};

/** The real one in the window; the fake only in builds of mode "fake". */
export async function openPanelBackend(): Promise<PanelBackend> {
  if (import.meta.env.MODE === "fake") return (await import("./fake-panel")).fakePanel(window.location.search);
  return tauri;
}
