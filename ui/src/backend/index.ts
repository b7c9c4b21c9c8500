// Everything outside the page, as the contract has it: `tauri.ts` for the windows, `fake.ts` for tests and pictures.

import type { Channel } from "@tauri-apps/api/core";
import type { commands } from "../contract";

type Commands = typeof commands;

/** A page gives a function where the bridge wants a channel. */
type Given<Args extends unknown[]> = { [I in keyof Args]: Args[I] extends Channel<infer Event> ? (event: Event) => void : Args[I] };

/** Rust's `()` crosses as null. */
type Answer<Result> = Result extends Promise<null> ? Promise<void> : Result;

/** The commands of the contract, and the one thing that a page asks for without a command. Rejections are a `UiError`. */
export type Bridge = {
  [Name in keyof Commands]: (...args: Given<Parameters<Commands[Name]>>) => Answer<ReturnType<Commands[Name]>>;
} & {
  /** The address of a picture for `<img src>`; `path` is the part of a `picture:` address after the scheme. */
  pictureUrl(path: string): string;
};

/** What the window may call. */
export type Backend = Omit<Bridge, `panel${string}` | `start${string}`>;

/** What the panel may call: little, and its window is allowed no more. */
export type PanelBackend = Pick<Bridge, Extract<keyof Bridge, `panel${string}`> | "pictureUrl" | "stop" | "aloud">;

/** What the window of a start that failed may call. */
export type StartBackend = Pick<Bridge, Extract<keyof Bridge, `start${string}`>>;

/** The real one in the window; the fake only in builds of mode "fake", so the shipped page has none in it. */
export async function openBackend(): Promise<Backend> {
  if (import.meta.env.MODE === "fake") return (await import("./fake")).fakeFromAddress(window.location.search);
  return (await import("./tauri")).tauri;
}

/** The same for the panel. */
export async function openPanelBackend(): Promise<PanelBackend> {
  if (import.meta.env.MODE === "fake") return (await import("./fake-panel")).fakePanel(window.location.search);
  return (await import("./tauri")).tauri;
}

/** The same for a start that failed. */
export async function openStartBackend(): Promise<StartBackend> {
  if (import.meta.env.MODE === "fake") return (await import("./fake-start")).fakeStart(window.location.search);
  return (await import("./tauri")).tauri;
}
