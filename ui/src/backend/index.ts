import type { Backend } from "./backend";

export type { Backend } from "./backend";

/** The real one in the window; the fake only in builds of mode "fake", so the shipped page has none in it. */
export async function openBackend(): Promise<Backend> {
  if (import.meta.env.MODE === "fake") {
    const { fakeFromAddress } = await import("./fake");
    return fakeFromAddress(window.location.search);
  }
  const { tauri } = await import("./tauri");
  return tauri;
}
